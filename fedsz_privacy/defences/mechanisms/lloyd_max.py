"""The scalar quantisers of a standard normal number that lose least (Lloyd, 1982; Max, 1960)."""

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

CLOSE = 1e-12


@lru_cache
def centroids(bits: int) -> tuple[float, ...]:
    r"""Return the :math:`2^{bits}` values of the quantiser, rising.

    Each is the mean of the numbers that are nearest to it, so found by Lloyd's iteration on the normal density.
    """
    levels = scipy.stats.norm.ppf((np.arange(2**bits) + 0.5) / 2**bits)
    while True:
        improved = _means(_edges(levels))
        if np.abs(improved - levels).max() < CLOSE:
            return tuple(improved.tolist())
        levels = improved


def nearest(values: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of rising levels is nearest to each value."""
    return np.searchsorted((levels[1:] + levels[:-1]) / 2, values)


def _edges(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])


def _means(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a standard normal number in each cell."""
    means: NDArray[np.float64] = -np.diff(scipy.stats.norm.pdf(edges)) / np.diff(scipy.stats.norm.cdf(edges))
    return means
