"""How many guesses to make: shares of the scores, chosen on pilot data."""

from itertools import product
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.guesses import Guesses, count_guesses
from analysis.methods.lower_bounds.one_run import one_run_bound, one_run_p_value

PILOT_CONFIDENCE = 0.95
"""At which the shares are compared."""

SHARES = (0.3, 0.1, 0.03, 0.01, 0.0)
PAIRS = tuple(pair for pair in product(SHARES, SHARES) if any(pair))
"""Shares of the coins that may be named members and non-members; the first of equally good pairs is taken."""


def choose_shares(
    scores: NDArray[np.float64], membership: NDArray[np.bool_], delta: float, generator: Generator
) -> tuple[float, float]:
    """Return which of `PAIRS` proves the most on pilot data, which the audit must not use again.

    Parameters
    ----------
    scores, membership : arrays of one shape
        The pilot data.
    delta, generator
        The delta that epsilon is for, and what orders equal scores.
    """
    best, proved = PAIRS[0], 0.0
    for shares in PAIRS:
        guesses = guess(scores, membership, shares, generator)
        if one_run_p_value(guesses, proved, delta) < 1 - PILOT_CONFIDENCE:
            best, proved = shares, one_run_bound([guesses], delta, PILOT_CONFIDENCE).epsilon
    return best


def guess(
    scores: NDArray[np.float64],
    membership: NDArray[np.bool_],
    shares: tuple[float, float],
    generator: Generator,
    most: int | None = None,
) -> Guesses:
    """Return how many guesses are right if those shares of the scores, each way and so many at most, are guessed."""
    positive, negative = (min(ceil(share * scores.size), most or scores.size) for share in shares)
    return count_guesses(scores, membership, positive, min(negative, scores.size - positive), generator)
