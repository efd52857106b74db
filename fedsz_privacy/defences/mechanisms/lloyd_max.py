"""The scalar quantisers of a standard normal number that lose least (Lloyd, 1982; Max, 1960)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

CLOSE = 1e-12


@lru_cache
def centroids(bits: int) -> tuple[float, ...]:
    r"""Return the :math:`2^{bits}` values of the quantiser, rising.

    Each is the mean of the numbers that are nearest to it, so found by Lloyd's iteration on the normal density.
    """
    levels = norm.ppf((np.arange(2**bits) + 0.5) / 2**bits)
    while True:
        improved = _means(_edges(levels))
        if np.abs(improved - levels).max() < CLOSE:
            return tuple(improved.tolist())
        levels = improved


def nearest(values: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which of rising levels is nearest to each value."""
    return np.searchsorted((levels[1:] + levels[:-1]) / 2, values)


def distortion(bits: int) -> float:
    """Return the mean squared error of the quantiser on a standard normal number."""
    levels = np.array(centroids(bits))
    edges = _edges(levels)
    return 1 - float((levels**2 * np.diff(norm.cdf(edges))).sum())


def _edges(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[-np.inf], (levels[1:] + levels[:-1]) / 2, [np.inf]])


def _means(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of a standard normal number in each cell."""
    means: NDArray[np.float64] = -np.diff(norm.pdf(edges)) / np.diff(norm.cdf(edges))
    return means
