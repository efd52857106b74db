"""Bootstrap weights of scores that share trials and candidates, a set for each of the two and one for scores alone."""

from collections.abc import Iterator

import numpy as np
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE

RESAMPLES = 200
SAMPLE = 0
BY_TRIAL = slice(1, 1 + RESAMPLES)
BY_CANDIDATE = slice(BY_TRIAL.stop, BY_TRIAL.stop + RESAMPLES)
BY_SCORE = slice(BY_CANDIDATE.stop, BY_CANDIDATE.stop + RESAMPLES // 2)
"""Rows of resamples: the sample itself, trials drawn, candidates drawn, single scores drawn.

Scores alone need fewer: only the variance of their replicates is used, and half of it.
"""

LEAST_LEVELS = 4
"""Trials, candidates, runs or clients below which they are not drawn.

Draws of 2 vary by 0.15 of what Student's interval asks for, of 3 by 0.64, of 4 already by 1.07. Intervals over 2 or 3
would cover in 70 or 88% of cases.
"""


def is_drawn(levels: int, of_the_other: int) -> bool:
    """Return whether a factor of so many levels is drawn: one of few is not, unless the other factor has few too."""
    return levels >= LEAST_LEVELS or of_the_other < LEAST_LEVELS


def resample_weights(trials: int, candidates: int, generator: Generator) -> NDArray[np.uint16]:
    """Draw bootstrap weights that treat trials and candidates as two crossed random factors.

    Each factor is drawn with replacement by itself, its scores together: `detectable` adds up what the two show. One
    of few levels is not (`is_drawn`): intervals then hold for these trials, or candidates, and say nothing of others.
    Even trials stand for even ones and odd for odd, so that what is chosen on one half and measured on the other stays
    apart. Of n about (n - 1) (z / t)^2 are drawn, z and t the 97.5% quantiles of the normal distribution and of
    Student's with n - 1 degrees of freedom: intervals are then as wide as Student's (Rao and Wu, JASA 1988, on the size
    of resamples; Hesterberg, The American Statistician 2015, on the width).

    Returns
    -------
    uint16 array, shape (1 + 2.5 * RESAMPLES, trials, candidates)
        How often each score was drawn; row `SAMPLE` is all ones, then come `BY_TRIAL`, `BY_CANDIDATE` and `BY_SCORE`.
    """
    weights = np.ones((BY_SCORE.stop, trials, candidates), np.uint16)
    if is_drawn(trials, candidates):
        for parity in (0, 1):
            weights[BY_TRIAL, parity::2] *= _drawn(len(range(parity, trials, 2)), trials, generator)[:, :, None]
    if is_drawn(candidates, trials):
        weights[BY_CANDIDATE] *= _drawn(candidates, candidates, generator)[:, None, :]
    weights[BY_SCORE] = generator.poisson(1, size=(RESAMPLES // 2, trials, candidates))
    return weights


def candidates_drawn(weights: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return how often each candidate was drawn, shape (1 + 2.5 * RESAMPLES, candidates)."""
    drawn = np.ones_like(weights[:, 0])
    drawn[BY_CANDIDATE] = weights[BY_CANDIDATE, 0]
    return drawn


def scattered_weights(
    trial: NDArray[np.intp], candidate: NDArray[np.intp], generator: Generator
) -> Iterator[NDArray[np.uint16]]:
    """Draw the bootstrap weights of scores that are no full array: trials need not have the same candidates.

    Each factor is drawn as by `resample_weights`, trials without regard to their parity. Of few trials, as of
    one, nothing is drawn but candidates: intervals then hold for the models that were trained, and not for another
    training.

    Parameters
    ----------
    trial, candidate : intp arrays, shape (scores,)
        Which trial and which candidate each score is of, both numbered from 0 without a gap.
    generator : numpy Generator
        Draws; one with the same seed gives the same weights.

    Yields
    ------
    uint16 array, shape (scores,)
        How often each score was drawn, in the order of the rows of `resample_weights`.
    """
    yield (whole := np.ones(len(trial), np.uint16))
    for factor, other in ((trial, candidate), (candidate, trial)):
        levels, others = int(factor.max()) + 1, int(other.max()) + 1
        count = _count(levels, levels) if is_drawn(levels, others) else 0
        for _ in range(RESAMPLES):
            drawn = generator.integers(levels, size=count)
            yield np.bincount(drawn, minlength=levels).astype(np.uint16)[factor] if count else np.ones_like(whole)
    for _ in range(RESAMPLES // 2):
        yield generator.poisson(1, size=len(trial)).astype(np.uint16)


def _drawn(part: int, whole: int, generator: Generator) -> NDArray[np.uint16]:
    """Draw from a part of a factor's levels, (RESAMPLES, part), in proportion to what is drawn from the whole."""
    if part == 0:
        return np.ones((RESAMPLES, 0), np.uint16)
    return generator.multinomial(_count(part, whole), np.full(part, 1 / part), size=RESAMPLES).astype(np.uint16)


def _count(part: int, whole: int) -> int:
    """Return how many of a part of a factor's levels are drawn, so that intervals are as wide as Student's."""
    tail = (1 + CONFIDENCE) / 2
    share = (1 - 1 / whole) * (scipy.stats.norm.ppf(tail) / scipy.stats.t.ppf(tail, whole - 1)) ** 2 if whole > 1 else 0
    return max(1, round(part * share))
