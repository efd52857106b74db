"""The guesses of an attack on many coins of one run, and how many it makes: shares fixed before any score was seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.counts import check_scores
from fedsz_privacy.core.errors import InputError

Shares = tuple[float, float]
"""Shares of the coins that are named members and non-members."""

FOR_ANY: Sequence[Shares] = ((0.4, 0.4), (0.05, 0.05), (0.05, 0))
"""Against any mechanism: many guesses prove the most of randomised response, few of Gaussian noise, and few of members
alone of DP-SGD that draws a record seldom. Each number costs the others some of the allowed failure."""

FOR_GAUSSIAN: Sequence[Shares] = ((0.1, 0.1), (0.03, 0.03), (0.01, 0.01), (0.03, 0), (0.01, 0))
"""Against a Gaussian curve, which many guesses weaken."""


@dataclass(frozen=True)
class Guesses:
    """How many of the guesses on a run's candidates were correct.

    Attributes
    ----------
    correct, guesses : int
        Correct guesses, of those made.
    candidates : int
        All that a fair coin put in or left out, with those on which no guess was made.
    """

    correct: int
    guesses: int
    candidates: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.guesses <= self.candidates:
            numbers = f"{self.correct} correct of {self.guesses} guesses on {self.candidates} candidates"
            raise InputError(f"{numbers} cannot be: give numbers that do not fall from left to right")
        if self.guesses < 1:
            raise InputError("0 guesses prove nothing: guess at least once")

    def __add__(self, other: "Guesses") -> "Guesses":
        """Return the guesses on two runs, or two parts of one, as those of one."""
        return Guesses(self.correct + other.correct, self.guesses + other.guesses, self.candidates + other.candidates)


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


def count_guesses(
    scores: NDArray[np.float64],
    membership: NDArray[np.bool_],
    members: int,
    non_members: int,
    generator: Generator,
) -> Guesses:
    """Name the candidates of highest score members and those of lowest non-members, and count the correct guesses.

    Equal scores are ordered at random, for an order that knows the members would be an attack.

    Parameters
    ----------
    scores : float64 array, any shape
        Higher: more likely a member.
    membership : bool array, shape of ``scores``
        Who was one.
    members, non_members : int
        Guesses of either kind, fixed beforehand or chosen on another run.
    generator : numpy Generator
        Orders equal scores.
    """
    check_scores(scores, membership)
    if members < 0 or non_members < 0 or members + non_members > scores.size:
        raise InputError(f"{members} + {non_members} guesses on {scores.size} candidates: guess each at most once")
    shuffled = generator.permutation(scores.size)
    ranked = shuffled[np.argsort(-scores.ravel()[shuffled], kind="stable")]
    true = membership.ravel()[ranked]
    correct = true[:members].sum() + (~true[scores.size - non_members :]).sum()
    return Guesses(int(correct), members + non_members, scores.size)


def _numbers(shares: Shares, coins: int, most: int) -> tuple[int, int]:
    members, non_members = (min(ceil(share * coins), most) for share in shares)
    return members, min(non_members, coins - members)
