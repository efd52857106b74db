"""Lower bounds on epsilon from correct guesses, on all coins of one run or of several."""

from numpy.random import Generator

from analysis.methods.lower_bounds import EpsilonBound, MuBound, one_run_bound, one_run_gaussian_bound
from analysis.methods.lower_bounds.guesses import FOR_ANY, FOR_GAUSSIAN, guess_shares
from analysis.studies.scores.table import ScoreTable
from attacks import Scores

MOST_GAUSSIAN = 3000
"""Most guesses either way against a Gaussian curve: more take long, and prove less."""


def any_mechanism(
    scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator
) -> EpsilonBound:
    """Return the bound for any mechanism."""
    return one_run_bound(guess_shares(scores, table.member, FOR_ANY, generator), delta, confidence)


def gaussian_curve(scores: Scores, table: ScoreTable, delta: float, confidence: float, generator: Generator) -> MuBound:
    """Return the bound on mu, and the epsilon that it is under a Gaussian trade-off curve."""
    guesses = guess_shares(scores, table.member, FOR_GAUSSIAN, generator, MOST_GAUSSIAN)
    return one_run_gaussian_bound(guesses, delta, confidence)
