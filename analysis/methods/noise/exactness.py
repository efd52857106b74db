r"""Whether an error is exactly what a mechanism says it is: one distribution, known in full, whatever was sent.

Nothing is fitted. If the error e of a coordinate has a continuous distribution F, then :math:`u = F(e)` is uniform on
(0, 1); if it is independent of the value x and of its neighbours too, then u is uniform among the coordinates of each
quantile of x, is not explained by x, and is uniform on the square together with its neighbour. Each of those is a check
with a p-value, and a sample is refused if the least of them is below its Bonferroni share of the error rate.

An error of a deterministic quantiser has nearly the right F where x spreads over many cells, and fails here: x explains
it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.noise.dependence import explained_share

Sample: TypeAlias = NDArray[np.float64]
Cdf: TypeAlias = Callable[[Sample], Sample]

QUANTILES = 8
"""Groups of equally many coordinates, in the order of x."""

BINS = 32
"""Bins of equal probability for chi-squared; 8 along each side for pairs."""

LEAST = 40 * QUANTILES * BINS
"""Fewest coordinates, so that chi-squared's approximation holds in each group."""


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, and the p-value under the hypothesis that the error is exact."""

    name: str
    p_value: float


@dataclass(frozen=True)
class Exactness:
    """What all checks of one sample say.

    Attributes
    ----------
    checks : tuple of Check
        As many as Bonferroni's correction counts.
    explained : float
        R2(e|x), the share of the error's variance that x explains, which is 0 for an independent error.
    floor : float
        Standard deviation of ``explained`` for an independent error of so many coordinates.
    """

    checks: tuple[Check, ...]
    explained: float
    floor: float

    @property
    def p_value(self) -> float:
        """The p-value of all checks together, by Bonferroni: an exact error is below a in at most a share a of runs."""
        return min(1.0, len(self.checks) * self.worst.p_value)

    @property
    def worst(self) -> Check:
        """The check that speaks loudest against exactness."""
        return min(self.checks, key=lambda each: each.p_value)


def check_exactness(x: Sample, error: Sample, cdf: Cdf) -> Exactness:
    """Check a sample of errors against one distribution and against independence of everything.

    Parameters
    ----------
    x, error : float64 arrays, shape (coordinates,)
        Values, and errors of the same coordinates, in storage order; at least `LEAST`.
    cdf : callable
        The cumulative distribution function that the mechanism states, such as ``scipy.stats.norm(0, sigma).cdf``. Of
        errors on a lattice give the output of `randomised_transform` as the error and ``scipy.stats.uniform.cdf``.

    Raises
    ------
    ValueError
        If there are too few coordinates.
    """
    if error.size < LEAST:
        raise ValueError(f"{error.size} errors are too few to check: give {LEAST} or more")
    u = np.asarray(cdf(error), np.float64)
    groups = np.array_split(u[np.argsort(x, kind="stable")], QUANTILES)
    explained, floor = explained_share(x, u), 1 / np.sqrt(u.size)
    checks = (
        Check("Kolmogorov-Smirnov", _ks(u)),
        *(Check(f"Kolmogorov-Smirnov, quantile {number} of x", _ks(each)) for number, each in enumerate(groups)),
        *(Check(f"chi-squared, quantile {number} of x", _chi_squared(each)) for number, each in enumerate(groups)),
        Check("explained by x", float(scipy.stats.norm.sf(explained / floor))),
        Check("neighbours", pair_p_value(u[:-1:2], u[1::2])),
    )
    return Exactness(checks, explained_share(x, error), float(floor))


def pair_p_value(first: Sample, second: Sample) -> float:
    """Return the p-value of chi-squared for pairs that are uniform on the unit square.

    For neighbours, or for one coordinate in two rounds, of two clients, or of two tensors: an error that is used again
    is seen at once.

    Parameters
    ----------
    first, second : float64 arrays of one shape
        Errors after their distribution function, so uniform each.
    """
    cells = _bins(first, QUANTILES) * QUANTILES + _bins(second, QUANTILES)
    return float(scipy.stats.chisquare(np.bincount(cells.ravel(), minlength=QUANTILES**2)).pvalue)


def randomised_transform(error: NDArray[np.int64], cdf: Cdf, generator: Generator) -> Sample:
    """Return uniform numbers for integer errors of a known distribution, by spreading each over its step of the cdf.

    The distributional transform (Rueschendorf, Journal of Statistical Planning and Inference 2009).
    """
    below, at = cdf(error.astype(np.float64) - 1), cdf(error.astype(np.float64))
    return np.asarray(below + (at - below) * generator.random(error.shape), np.float64)


def _ks(u: Sample) -> float:
    return float(scipy.stats.kstest(u, "uniform").pvalue)


def _chi_squared(u: Sample) -> float:
    return float(scipy.stats.chisquare(np.bincount(_bins(u, BINS), minlength=BINS)).pvalue)


def _bins(u: Sample, count: int) -> NDArray[np.intp]:
    return np.minimum(u * count, count - 1).astype(np.intp)
