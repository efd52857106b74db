"""One family fitted to a sketch of errors: its distribution, how far off it is, and how it does on errors held out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.noise.distances import Distance, distances
from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.sketch import BINS, Sketch

EVEN, ODD = slice(0, None, 2), slice(1, None, 2)
"""Blocks that a distribution is fitted to, and blocks that it is scored on."""

FLOOR = 1e-6
"""Share of an even distribution that every distribution is blended with when it is scored, so that no single error
outside a distribution's support decides."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One family fitted to a sample of errors by maximum likelihood, and how far off it is.

    Attributes
    ----------
    distribution : Distribution
        The member of the family that was fitted.
    distances : mapping of str to Distance
        Between sample and fit, as `analysis.methods.noise.distances.distances` defines them, with intervals.
    bic : float
        Bayesian information criterion over the number of errors; only differences between families mean something.
    held_out : float
        Mean log density of the odd blocks' errors under the distribution fitted to the even ones, in nats an error.
    """

    distribution: Distribution
    distances: Mapping[str, Distance]
    bic: float
    held_out: float

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.distribution.family

    @property
    def location(self) -> float:
        """As `Distribution.location`, in the sample's unit."""
        return self.distribution.location

    @property
    def scale(self) -> float:
        """As `Distribution.scale`, in the sample's unit."""
        return self.distribution.scale

    @property
    def shape(self) -> float | None:
        """As `Distribution.shape`."""
        return self.distribution.shape

    @property
    def zero(self) -> float:
        """Probability of an error of exactly 0, beside the continuous part."""
        return self.distribution.zero

    @property
    def ks(self) -> float:
        """Kolmogorov-Smirnov distance between sample and fit, from 0 to 1."""
        return self.distances["ks"].value

    @property
    def wasserstein(self) -> float:
        """Wasserstein-1 distance between sample and fit, in the sample's unit."""
        return self.distances["wasserstein"].value

    def to_dict(self) -> dict[str, object]:
        """Return the fit as plain values without nesting."""
        described: dict[str, object] = {
            "family": self.family,
            "location": self.location,
            "scale": self.scale,
            "shape": self.shape,
            "zero": self.zero,
            "bic": self.bic,
            "held_out": self.held_out,
        }
        for name, distance in self.distances.items():
            described |= {name: distance.value, f"{name}_low": distance.low, f"{name}_high": distance.high}
        return {name: finite(value) for name, value in described.items()}


def fit_family(sketch: Sketch, shares: NDArray[np.float64], family: Callable[[Sketch], Distribution]) -> Fit:
    """Fit one family to a sketch, whose shares `resampled_shares` gives."""
    distribution = family(sketch)
    return Fit(
        distribution=distribution,
        distances=distances(sketch, shares, distribution),
        bic=_bic(sketch, distribution, distribution.parameters),
        held_out=_score(sketch.blocks(ODD), family(sketch.blocks(EVEN))),
    )


def fixed_distribution(sketch: Sketch, shares: NDArray[np.float64], distribution: Distribution) -> Fit:
    """Return how far a sketch is from a distribution that was known beforehand."""
    return Fit(
        distribution=distribution,
        distances=distances(sketch, shares, distribution),
        bic=_bic(sketch, distribution, 0),
        held_out=_score(sketch.blocks(ODD), distribution),
    )


def finite(value: object) -> object:
    """Return a value that strict JSON can hold: an infinite one as the string ``"inf"`` or ``"-inf"``."""
    return str(value) if isinstance(value, float) and np.isinf(value) else value


def _bic(sketch: Sketch, distribution: Distribution, parameters: int) -> float:
    histogram, density = sketch.histogram, _density(sketch, distribution)
    seen = histogram > 0
    with np.errstate(divide="ignore"):
        likelihood = histogram[seen] @ np.log(density[seen])
    return float((parameters * np.log(sketch.elements) - 2 * likelihood) / sketch.elements)


def _score(sketch: Sketch, distribution: Distribution) -> float:
    blended = (1 - FLOOR) * _density(sketch, distribution) + FLOOR / (2 * sketch.limit)
    return float(sketch.histogram @ np.log(blended) / sketch.elements)


def _density(sketch: Sketch, distribution: Distribution) -> NDArray[np.float64]:
    """Return a distribution's density in the middle of each bin, an atom at 0 spread over the bin that holds it."""
    middles = sketch.middles.clip(sketch.lowest.min(), sketch.highest.max())
    density = distribution.density(middles)
    density[BINS // 2] += distribution.zero / (sketch.edges[BINS // 2 + 1])
    return density
