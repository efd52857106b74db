"""The guesses of an attack on many candidates of one run."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.counts import check_scores
from fedsz_privacy.core.errors import InputError


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


def count_guesses(
    scores: NDArray[np.float64],
    membership: NDArray[np.bool_],
    positive: int,
    negative: int,
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
    positive, negative : int
        Guesses of either kind, fixed beforehand or chosen on another run.
    generator : numpy Generator
        Orders equal scores.
    """
    check_scores(scores, membership)
    if positive < 0 or negative < 0 or positive + negative > scores.size:
        raise InputError(f"{positive} + {negative} guesses on {scores.size} candidates: guess each at most once")
    shuffled = generator.permutation(scores.size)
    ranked = shuffled[np.argsort(-scores.ravel()[shuffled], kind="stable")]
    members = membership.ravel()[ranked]
    correct = members[:positive].sum() + (~members[scores.size - negative :]).sum()
    return Guesses(int(correct), positive + negative, scores.size)
