"""Three ways in which an error can look like noise and not be any, each with a test of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.noise.dependence import Dependence
from analysis.methods.noise.distributions import Uniform
from analysis.methods.noise.sketch import Sketch
from fedsz_privacy.core.magnitude import range_over_deviation

Bounds = Sequence[tuple[float, int]]
"""Absolute bounds, each with the number of elements under it."""

MINUS_ONE = 0.9
MIXTURE = 0.05
NOT_UNIFORM = 0.1
OUTLYING = 50.0


@dataclass(frozen=True)
class Detection:
    """A claim about an error, the figure that speaks for or against it, and whether it holds.

    Attributes
    ----------
    claim, measure : str
        In words.
    value : float
        The measure's value.
    holds : bool
        Whether the value is beyond the detector's threshold.
    """

    claim: str
    measure: str
    value: float
    holds: bool


def minus_the_data(found: Dependence) -> Detection:
    """Detect large bins: most values decode to 0, and the error is the data with its sign turned."""
    value = -found.correlation
    return Detection(
        "the error is minus the data", "minus the correlation of error and value", value, value > MINUS_ONE
    )


def scale_mixture(pooled: Sketch, bounds: Bounds) -> Detection:
    """Detect the pooling artefact: uniform errors of many widths, which look like one distribution with heavy tails.

    Parameters
    ----------
    pooled : Sketch
        Raw errors of all tensors.
    bounds : sequence of (float, int)
        The known absolute bounds in the sketch's unit, each with the number of elements under it.
    """
    empirical = np.append(0, pooled.histogram.cumsum()) / pooled.elements
    value = float(np.abs(empirical - mixture_below(pooled.edges, bounds)).max())
    widest = max(bound for bound, _ in bounds)
    one = Uniform(-widest, 2 * widest).below(pooled.edges)
    many = float(np.abs(empirical - one).max()) > NOT_UNIFORM
    return Detection(
        "the pooled error is a mixture of uniform distributions of the tensors' bounds",
        "KS distance of the pooled error to the mixture that the known bounds predict",
        value,
        many and value < MIXTURE,
    )


def mixture_below(errors: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """Return the distribution function of uniform errors on the known bounds, weighted by their elements."""
    total = np.zeros_like(errors)
    for bound, elements in bounds:
        # A bound may be 0 in units of all errors pooled, and hardly more: an error over it is no number then.
        total += elements * ((errors + bound).clip(0, 2 * bound) / (2 * bound) if bound > 0 else errors >= 0)
    return np.asarray(total / sum(elements for _, elements in bounds))


def mixture_density(errors: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """Return the density of uniform errors on the known bounds, weighted by their elements."""
    total = np.zeros_like(errors)
    for bound, elements in bounds:
        total += elements * (np.abs(errors) <= bound) / (2 * bound) if bound > 0 else 0
    return np.asarray(total / sum(elements for _, elements in bounds))


def outlier_dominated(values: NDArray[np.floating]) -> Detection:
    """Detect a tensor whose range a few outliers make, so that a REL bound is far too wide for all other values."""
    value = range_over_deviation(values[np.isfinite(values)])
    return Detection(
        "the bound is dominated by outliers", "range of the values over their deviation", value, value > OUTLYING
    )
