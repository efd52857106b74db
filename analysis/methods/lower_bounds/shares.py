"""How many guesses to make: shares of the coins, fixed before any score was seen."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.guesses import Guesses, count_guesses

Shares = tuple[float, float]
"""Shares of the coins that are named members and non-members."""

FOR_ANY: Sequence[Shares] = ((0.4, 0.4), (0.05, 0.05), (0.05, 0))
"""Against any mechanism: many guesses prove the most of randomised response, few of Gaussian noise, and few of members
alone of DP-SGD that draws a record seldom. Each number costs the others some of the allowed failure."""

FOR_GAUSSIAN: Sequence[Shares] = ((0.1, 0.1), (0.03, 0.03), (0.01, 0.01), (0.03, 0), (0.01, 0))
"""Against a Gaussian curve, which many guesses weaken."""


def guess_shares(
    scores: NDArray[np.float64],
    membership: NDArray[np.bool_],
    shares: Sequence[Shares],
    generator: Generator,
    most: int | None = None,
) -> list[Guesses]:
    """Return guesses by each of the shares, of which `one_run_bound` is valid, all coins being audited.

    Parameters
    ----------
    scores, membership : arrays of one shape
        Higher: more likely a member; who was one.
    shares : sequence of (float, float)
        Of those that come to equal numbers of guesses one is kept.
    generator : numpy Generator
        Orders equal scores.
    most : int, optional
        Most guesses either way.
    """
    numbers = dict.fromkeys(_numbers(each, scores.size, most or scores.size) for each in shares)
    return [count_guesses(scores, membership, *each, generator) for each in numbers]


def _numbers(shares: Shares, coins: int, most: int) -> tuple[int, int]:
    members, non_members = (min(ceil(share * coins), most) for share in shares)
    return members, min(non_members, coins - members)
