"""How far a sample of errors lies from a distribution, as effect sizes with intervals."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.sketch import BLOCKS, Sketch
from fedsz_privacy.core.randomness import Purpose, generator

BLOCK_RESAMPLES = 100
COARSE_BINS = 64
LEAST_SHARE = 1e-3
FAR: NDArray[np.float64] = np.geomspace(1, 1e3, 513)
"""Where a distribution is followed beyond the largest error, as multiples of it."""


@dataclass(frozen=True)
class Distance:
    """A distance between sample and distribution with a 95% interval for that of the sample's source.

    The interval is the value plus and minus what the sample may lie apart from its source: by the triangle inequality
    the two distances differ by no more. So it holds at a true distance of 0, and for a fitted distribution too: it
    covers the distance of the source to the very distribution that is printed, whichever that came to be. Another
    member of the family may be nearer.

    Attributes
    ----------
    value : float
        The sample's distance.
    low, high : float
        Ends of the interval.
    """

    value: float
    low: float
    high: float


def resampled_shares(sketch: Sketch, seed: int = 0) -> NDArray[np.float64]:
    """Return the share of errors below each edge in the sample and in resamples of its blocks, drawn by a seed.

    Returns
    -------
    float64 array, shape (1 + BLOCK_RESAMPLES, BINS + 1)
        The first row is the sample's own.
    """
    draws = generator(seed, Purpose.BOOTSTRAP).multinomial(BLOCKS, np.full(BLOCKS, 1 / BLOCKS), size=BLOCK_RESAMPLES)
    below = np.pad(sketch.counts, ((0, 0), (1, 0))).cumsum(axis=1)
    counts = np.concatenate([np.ones((1, BLOCKS)), draws]) @ below
    return np.asarray(counts / counts[:, -1:])


def band(elements: float) -> float:
    """Return the most that a sample's distribution function lies apart from its source's, at 95% confidence.

    This is sqrt(log(2 / alpha) / 2 n) of Dvoretzky, Kiefer and Wolfowitz, with Massart's constant (Annals of
    Probability 1990). Errors must be independent of each other.

    Examples
    --------
    >>> round(band(1000), 4)
    0.0429
    """
    return math.sqrt(math.log(2 / (1 - CONFIDENCE)) / (2 * elements))


def bin_band(elements: float) -> float:
    """Return the most that the shares of `COARSE_BINS` bins lie apart from their source's, in total variation.

    Its mean is at most sqrt((bins - 1) / 4 n), by Cauchy and Schwarz; it is above that by sqrt(log(1 / alpha) / 2 n) or
    more with probability alpha at most (McDiarmid, 1989). Errors must be independent of each other.
    """
    return math.sqrt((COARSE_BINS - 1) / (4 * elements)) + math.sqrt(-math.log(1 - CONFIDENCE) / (2 * elements))


def distances(sketch: Sketch, shares: NDArray[np.float64], distribution: Distribution) -> dict[str, Distance]:
    """Return four distances between a sample and a distribution.

    What the sample may lie apart from its source is taken as the 95% quantile of what resamples of its blocks lie apart
    from it, which holds for errors that depend on those near them. For KS it is at least the `band`, for total
    variation the `bin_band`: both hold at every sample size.

    Parameters
    ----------
    sketch : Sketch
        The sample.
    shares : float64 array, shape (1 + BLOCK_RESAMPLES, BINS + 1)
        Of errors below the sketch's edges, as `resampled_shares` gives them.
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
    edges, sample, resampled = sketch.edges, shares[0], shares[1:]
    apart, moved = np.abs(sample - distribution.below(edges)), np.abs(resampled - sample)
    coarse = np.searchsorted(edges, np.linspace(edges[0], edges[-1], COARSE_BINS + 1)).clip(0, edges.size - 1)
    observed, expected = np.diff(sample[coarse]), distribution.masses(edges[coarse])
    # Sums of scaled counts may fall by a rounding from one edge to the next.
    redrawn, area = np.diff(resampled[:, coarse]).clip(0), _trapezium(edges)
    return {
        "ks": _distance(apart.max(), moved.max(axis=1), band(sketch.elements)),
        "wasserstein": _distance(apart @ area + _area_beyond(distribution, edges[-1]), moved @ area),
        "total_variation": _distance(
            (np.abs(observed - expected).sum() + 1 - expected.sum()) / 2,
            np.abs(redrawn - observed).sum(axis=1) / 2,
            bin_band(sketch.elements),
        ),
        "log_ratio": _distance(_log_ratio(observed, expected), _log_ratio(observed, redrawn)),
    }


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
    return np.asarray(np.where(observed >= LEAST_SHARE, ratios, 0).max(axis=-1))


def _distance(value: NDArray[np.float64], moved: NDArray[np.float64], least: float = 0.0) -> Distance:
    """Return a distance whose interval reaches as far as 95% of the resamples moved, and not less than ``least``."""
    middle, reach = float(value), max(least, float(np.quantile(moved, CONFIDENCE, method="higher")))
    return Distance(middle, max(0.0, middle - reach) if math.isfinite(middle) else middle, middle + reach)
