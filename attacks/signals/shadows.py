"""Leave-one-out moments: each trial in turn is the target, and all others are its shadow models."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attacks.signals.base import Scores

TINY = 1e-12
"""Least variance: what a signal that never changes is given."""


@dataclass(frozen=True)
class Moments:
    """First and second moments of each candidate's numbers over the chosen trials other than the row's own.

    Parameters
    ----------
    mean : array, shape (trials, candidates)
        Mean; that over all trials and candidates where a candidate has no chosen shadow.
    sum_of_squares : array, shape (trials, candidates)
        Sum of squared deviations from the mean.
    freedom : array, shape (trials, candidates)
        Its degrees of freedom: chosen shadows less one, or 0.
    """

    mean: Scores
    sum_of_squares: Scores
    freedom: NDArray[np.int64]


def moments(observed: Scores, chosen: NDArray[np.bool_]) -> Moments:
    """Return the leave-one-out moments of what was observed, over the chosen trials."""
    centred = observed - observed.mean()
    others = chosen.sum(axis=0) - chosen
    first = (centred * chosen).sum(axis=0) - centred * chosen
    second = (centred**2 * chosen).sum(axis=0) - centred**2 * chosen
    mean = first / np.maximum(others, 1)
    return Moments(mean + observed.mean(), second - others * mean**2, np.maximum(others - 1, 0))


def pooled_deviation(of: Moments) -> Scores:
    """Return the standard deviation pooled over candidates, shape (trials, 1)."""
    freedom = np.maximum(of.freedom.sum(axis=1, keepdims=True), 1)
    pooled: Scores = np.sqrt(np.maximum(of.sum_of_squares.sum(axis=1, keepdims=True) / freedom, TINY))
    return pooled


def own_deviation(of: Moments) -> Scores:
    """Return each candidate's own standard deviation; the pooled one where it has fewer than two shadows."""
    own = np.sqrt(np.maximum(of.sum_of_squares / np.maximum(of.freedom, 1), TINY))
    return np.where(of.freedom > 0, own, pooled_deviation(of))
