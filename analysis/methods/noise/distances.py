"""How far a sample of errors lies from a distribution, as effect sizes with block-bootstrap intervals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.noise.distributions import Distribution
from analysis.methods.noise.sketch import BLOCKS, Sketch
from fedsz_privacy.core.randomness import Purpose, generator

RESAMPLES = 100
CONFIDENCE = 0.95
COARSE_BINS = 64
LEAST_SHARE = 1e-3
FAR: NDArray[np.float64] = np.geomspace(1, 1e3, 513)
"""Where a distribution is followed beyond the largest error, as multiples of it."""


@dataclass(frozen=True)
class Distance:
    """A distance between sample and distribution with its 95% block-bootstrap interval, the distribution held fixed.

    A resample lies further from any distribution than the sample does, by about what the sample lies further than its
    source. So the upper end is the percentile bootstrap's, and the lower end the basic bootstrap's: each errs outwards.
    """

    value: float
    low: float
    high: float


def resampled_shares(sketch: Sketch, seed: int = 0) -> NDArray[np.float64]:
    """Return the share of errors below each edge in the sample and in resamples of its blocks, drawn by a seed.

    Returns
    -------
    float64 array, shape (1 + RESAMPLES, BINS + 1)
        The first row is the sample's own.
    """
    draws = generator(seed, Purpose.BOOTSTRAP).multinomial(BLOCKS, np.full(BLOCKS, 1 / BLOCKS), size=RESAMPLES)
    below = np.pad(sketch.counts, ((0, 0), (1, 0))).cumsum(axis=1)
    counts = np.concatenate([np.ones((1, BLOCKS)), draws]) @ below
    return np.asarray(counts / counts[:, -1:])


def distances(
    edges: NDArray[np.float64], shares: NDArray[np.float64], distribution: Distribution
) -> dict[str, Distance]:
    """Return four distances between a sample and a distribution.

    Parameters
    ----------
    edges : float64 array, shape (BINS + 1,)
        Edges of the sample's sketch.
    shares : float64 array, shape (1 + RESAMPLES, BINS + 1)
        Of errors below them, as `resampled_shares` gives them.
    distribution : Distribution
        What the sample is compared to.

    Returns
    -------
    dict of str to Distance
        ``ks``: Kolmogorov-Smirnov, the greatest difference of the distribution functions, from 0 to 1.
        ``wasserstein``: Wasserstein-1, the area between them, in the sample's unit.
        ``total_variation``: the greatest difference of probability on unions of `COARSE_BINS` even bins, from 0 to 1.
        ``log_ratio``: the greatest absolute log ratio of densities on those bins that hold at least `LEAST_SHARE` of
        the sample, in nats; infinite where the distribution has no mass.
    """
    apart = np.abs(shares - distribution.below(edges))
    coarse = np.searchsorted(edges, np.linspace(edges[0], edges[-1], COARSE_BINS + 1)).clip(0, edges.size - 1)
    observed, expected = np.diff(shares[:, coarse], axis=1), distribution.masses(edges[coarse])
    values = {
        "ks": apart.max(axis=1),
        "wasserstein": apart @ _trapezium(edges) + _area_beyond(distribution, edges[-1]),
        "total_variation": (np.abs(observed - expected).sum(axis=1) + 1 - expected.sum()) / 2,
        "log_ratio": _log_ratio(observed, expected),
    }
    return {name: _distance(each) for name, each in values.items()}


def _trapezium(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights with which values at the edges add up to the trapezium rule's integral."""
    widths = np.diff(edges)
    return np.asarray((np.append(widths, 0) + np.append(0, widths)) / 2)


def _area_beyond(distribution: Distribution, limit: float) -> float:
    """Return the area of a distribution's tails beyond the largest error, where the sample has none."""
    far = limit * FAR
    return float(_trapezium(far) @ distribution.beyond(far))


def _log_ratio(observed: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        ratios = np.abs(np.log(np.maximum(observed, LEAST_SHARE)) - np.log(expected))
    return np.asarray(np.where(observed >= LEAST_SHARE, ratios, 0).max(axis=1))


def _distance(values: NDArray[np.float64]) -> Distance:
    """Return the first value with the interval that the values of the resamples after it give."""
    value, upper = float(values[0]), float(np.quantile(values[1:], (1 + CONFIDENCE) / 2, method="nearest"))
    return Distance(value, max(0.0, 2 * value - upper) if np.isfinite(upper) else value, max(value, upper))
