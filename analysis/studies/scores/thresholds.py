"""Lower bounds on epsilon from error rates at a threshold that one half of the scores chooses for the other."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds import (
    EpsilonBound,
    ErrorCounts,
    MuBound,
    best_threshold,
    clopper_pearson_bound,
    count_errors,
    gaussian_bound,
)
from analysis.studies.scores.table import ScoreTable
from attacks import Scores

FEWEST = 2
"""Fewest members and fewest non-members: one to choose a threshold by, and one to audit."""

MOST_THRESHOLDS = 200
"""Most thresholds that the best one is chosen from."""


def any_mechanism(
    scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator
) -> EpsilonBound:
    """Return Clopper and Pearson's bound."""

    def bound(counts: ErrorCounts) -> float:
        return clopper_pearson_bound(counts, delta, confidence).epsilon

    return clopper_pearson_bound(_audited(scores, table, bound, generator), delta, confidence)


def gaussian_curve(scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator) -> MuBound:
    """Return the bound on mu, and the epsilon that it is under a Gaussian trade-off curve."""

    def bound(counts: ErrorCounts) -> float:
        return gaussian_bound(counts, delta, confidence).mu

    return gaussian_bound(_audited(scores, table, bound, generator), delta, confidence)


def _audited(
    scores: Scores, table: ScoreTable, bound: Callable[[ErrorCounts], float], generator: Generator
) -> ErrorCounts:
    """Return the errors of half of the members and half of the non-members, at the best threshold of the others."""
    pilot = np.zeros_like(table.member)
    for group in (table.member, ~table.member):
        places = np.flatnonzero(group)
        pilot[generator.permutation(places)[: len(places) // 2]] = True
    chosen = best_threshold(scores[pilot], table.member[pilot], _candidates(scores[pilot]), bound)
    return count_errors(scores[~pilot], table.member[~pilot], chosen)


def _candidates(scores: Scores) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.unique(scores)
    places = np.linspace(0, len(values) - 1, MOST_THRESHOLDS).astype(int)
    return np.unique(values[places])
