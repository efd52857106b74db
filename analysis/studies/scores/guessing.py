"""Lower bounds on epsilon from correct guesses, on the coins of one run or of several."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds import (
    EpsilonBound,
    Guesses,
    MuBound,
    one_run_bound,
    one_run_gaussian_bound,
)
from analysis.methods.lower_bounds.shares import choose_shares, guess
from analysis.studies.scores.table import ScoreTable
from attacks import Scores

Shares = tuple[float, float]
"""Shares of the coins that are named members and non-members."""

FIXED: Sequence[Shares] = ((0.3, 0.3), (0.1, 0.1), (0.03, 0.03), (0.01, 0.01), (0.3, 0), (0.1, 0), (0.03, 0), (0.01, 0))
"""What one run is guessed by; fixed before any file was seen, so that all its coins are audited."""

FEW: Sequence[Shares] = ((0.1, 0.1), (0.03, 0.03), (0.01, 0.01), (0.03, 0), (0.01, 0))
"""The same against a Gaussian curve, which many guesses weaken."""

MOST_GAUSSIAN = 3000
"""Most guesses either way against a Gaussian curve: more take long, and prove less."""


def any_mechanism(
    scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator
) -> EpsilonBound:
    """Return the bound for any mechanism; numbers of guesses are fixed, or chosen on half of several runs."""

    def choose(scores: Scores, member: NDArray[np.bool_]) -> Shares:
        return choose_shares(scores, member, delta, generator)

    guesses = _guesses(scores, table, FIXED, choose, len(scores), generator)
    return one_run_bound(guesses, delta, confidence)


def gaussian_curve(scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator) -> MuBound:
    """Return the bound on mu, and the epsilon that it is under a Gaussian trade-off curve; guesses as above."""

    def choose(scores: Scores, member: NDArray[np.bool_]) -> Shares:
        return max(FEW, key=lambda shares: proved(guess(scores, member, shares, generator, MOST_GAUSSIAN)))

    def proved(guesses: Guesses) -> float:
        return one_run_gaussian_bound([guesses], delta, confidence).mu

    guesses = _guesses(scores, table, FEW, choose, MOST_GAUSSIAN, generator)
    return one_run_gaussian_bound(guesses, delta, confidence)


def _guesses(
    scores: Scores,
    table: ScoreTable,
    fixed: Sequence[Shares],
    choose: Callable[[Scores, NDArray[np.bool_]], Shares],
    most: int,
    generator: Generator,
) -> list[Guesses]:
    """Return guesses of all fixed numbers on one run, or of the best number on half of several runs."""
    if table.runs == 1:
        return list(dict.fromkeys(guess(scores, table.member, shares, generator, most) for shares in fixed))
    pilot = (generator.permutation(table.runs) < table.runs // 2)[table.run]
    shares = choose(scores[pilot], table.member[pilot])
    return [guess(scores[~pilot], table.member[~pilot], shares, generator, most)]
