"""Distributions of errors, each family fitted to a sketch by maximum likelihood."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import scipy

from analysis.methods.noise.distribution import Distribution, Errors
from analysis.methods.noise.distributions import (
    GeneralisedNormal,
    Laplace,
    Normal,
    StudentT,
    TruncatedNormal,
    Uniform,
    ZeroInflated,
)
from analysis.methods.noise.sketch import BINS, Sketch
from fedsz_privacy.core.magnitude import magnitude

SHAPES = (0.2, 200.0)
"""Least and greatest shape: beta of the generalised normal (1 Laplace, 2 normal, infinite uniform), and degrees of
freedom of Student's t."""

FLAT = 100.0
"""Greatest scale of a truncated normal distribution, over its bound; it is uniform to 5e-5 there."""


def uniform(sketch: Sketch) -> Uniform:
    """Fit U(location, location + scale): the extreme errors."""
    low, high = float(sketch.lowest.min()), float(sketch.highest.max())
    return Uniform(low, max(high - low, _resolution(sketch)))


def laplace(sketch: Sketch) -> Laplace:
    """Fit location and scale of a Laplace distribution: the median and the mean distance from it."""
    counts = sketch.histogram
    below = np.append(0, counts.cumsum())
    median = float(np.interp(below[-1] / 2, below, sketch.edges))
    return Laplace(median, max(_mean(counts, np.abs(sketch.middles - median)), _resolution(sketch)))


def normal(sketch: Sketch) -> Normal:
    """Fit mean and standard deviation."""
    counts = sketch.histogram
    mean = _mean(counts, sketch.middles)
    unit = magnitude(sketch.edges)
    deviation = unit * float(np.sqrt(_mean(counts, ((sketch.middles - mean) / unit) ** 2)))
    return Normal(mean, max(deviation, _resolution(sketch)))


def generalised_normal(sketch: Sketch) -> GeneralisedNormal:
    """Fit density beta / (2 a Gamma(1/beta)) exp(-|(e - location)/a|^beta); a follows from the other two."""
    guess, counts = normal(sketch), sketch.histogram
    kept = counts > 0
    weights, z = counts[kept] / counts.sum(), (sketch.middles[kept] - guess.location) / guess.scale

    def log_scale(log_beta: float, location: float) -> float:
        beta, logs = np.exp(log_beta), np.log(np.maximum(np.abs(z - location), 1e-12))
        largest = logs.max()
        return float(largest + np.log(beta * weights @ np.exp(beta * (logs - largest))) / beta)

    def loss(parameters: Errors) -> float:
        log_beta, location = parameters
        inverse = np.exp(-log_beta)
        return float(log_scale(log_beta, location) + scipy.special.gammaln(inverse) - log_beta + inverse)

    log_beta, location = _minimise(loss, [0.4, 0.0], [0.4, 0.1], [np.log(SHAPES), (z.min(), z.max())])
    return GeneralisedNormal(
        guess.location + guess.scale * location,
        max(guess.scale * float(np.exp(log_scale(log_beta, location))), _resolution(sketch)),
        float(np.exp(log_beta)),
    )


def student_t(sketch: Sketch) -> StudentT:
    """Fit degrees of freedom, location and scale of Student's distribution."""
    guess, counts = normal(sketch), sketch.histogram
    kept = counts > 0
    weights, z = counts[kept] / counts.sum(), (sketch.middles[kept] - guess.location) / guess.scale

    def loss(parameters: Errors) -> float:
        log_df, location, log_scale = parameters
        df = np.exp(log_df)
        mean_log = weights @ np.log1p(((z - location) * np.exp(-log_scale)) ** 2 / df)
        constant = scipy.special.gammaln((df + 1) / 2) - scipy.special.gammaln(df / 2) - np.log(df * np.pi) / 2
        return float(log_scale - constant + (df + 1) / 2 * mean_log)

    limits = [np.log(SHAPES), (z.min(), z.max()), (np.log(_resolution(sketch) / guess.scale), 1.0)]
    log_df, location, log_scale = _minimise(loss, [1.5, 0.0, -0.2], [0.5, 0.1, 0.2], limits)
    return StudentT(
        guess.location + guess.scale * location,
        guess.scale * float(np.exp(log_scale)),
        float(np.exp(log_df)),
    )


def zero_inflated(sketch: Sketch) -> ZeroInflated:
    """Fit an atom at 0, the share of errors that are exactly 0, and a generalised normal distribution to the others."""
    zero = float(sketch.zeros.sum() / sketch.elements)
    others = generalised_normal(sketch.continuous() if zero < 1 else sketch)
    return ZeroInflated(others.location, others.scale, others.beta, zero)


def truncated_normal(sketch: Sketch) -> TruncatedNormal:
    """Fit the scale of a normal distribution about 0 that ends at the bound, which is the unit of the errors.

    A codec's rounding may exceed its bound a little; the ends are then the largest error.
    """
    end = max(1.0, sketch.limit)
    square = _mean(sketch.histogram, sketch.middles**2)

    def loss(parameters: Errors) -> float:
        (log_scale,) = parameters
        scale = np.exp(log_scale)
        return float(log_scale + np.log(scipy.special.erf(end / scale / np.sqrt(2))) + square / (2 * scale**2))

    start = np.clip(np.log(square) / 2, np.log(_resolution(sketch)), 0)
    (log_scale,) = _minimise(loss, [start], [0.1], [(np.log(_resolution(sketch)), np.log(FLAT * end))])
    return TruncatedNormal(0.0, float(np.exp(log_scale)), end * float(np.exp(-log_scale)))


FAMILIES: Mapping[str, Callable[[Sketch], Distribution]] = MappingProxyType(
    {
        Uniform.family: uniform,
        Laplace.family: laplace,
        Normal.family: normal,
        GeneralisedNormal.family: generalised_normal,
        StudentT.family: student_t,
        ZeroInflated.family: zero_inflated,
    }
)
"""What fits each family, those of fewest parameters first."""

BOUNDED: Mapping[str, Callable[[Sketch], Distribution]] = MappingProxyType({TruncatedNormal.family: truncated_normal})
"""What fits each family that needs a known bound, in units of it."""


def _mean(counts: Errors, values: Errors) -> float:
    return float(counts @ values / counts.sum())


def _resolution(sketch: Sketch) -> float:
    """Return the width of the narrowest bin: no scale is told from 0 below it."""
    return sketch.limit * (2 / BINS) ** 2


def _minimise(
    loss: Callable[[Errors], float],
    start: list[float],
    steps: list[float],
    limits: list[Any],
) -> list[float]:
    """Return the minimum by Nelder and Mead's simplex, from a start and a first step along each axis."""
    simplex = np.array([start, *(np.array(start) + np.diag(steps))])
    low, high = np.array(limits).T
    simplex = np.clip(simplex, low, high)
    options: Any = {"initial_simplex": simplex, "xatol": 1e-6, "fatol": 1e-10}
    found = scipy.optimize.minimize(loss, simplex[0], method="Nelder-Mead", bounds=limits, options=options)
    return [float(value) for value in found.x]
