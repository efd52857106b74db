"""Lower bounds on epsilon that canaries give, of any design and any unit of privacy."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.lower_bounds.bounds import EpsilonBound
from analysis.methods.lower_bounds.nulls import AnyMechanism, Null, ceiling, epsilon_lower_bound
from fedsz_privacy.defences.proof import Unit

VARIANCE_SHARE = 0.1
"""Share of the allowed failure that a second score takes: little, as it proves something only of noise used again."""


@dataclass(frozen=True)
class CanaryBound:
    """What canaries of one design say of one defence.

    Attributes
    ----------
    canaries : str
        What they are.
    unit : Unit
        The unit of privacy: what a coin put in or left out.
    rejects : str
        Which mechanisms the bound rejects.
    bound : EpsilonBound
        The lower bound on epsilon.
    ceiling : float
        The bound if the attack had guessed each coin right.
    view : float or None
        The epsilon of this canary in what the adversary sees, which no bound on this canary exceeds but by chance; None
        where it is not known.
    any_mechanism : bool
        Whether it rejects any mechanism of less epsilon, and no family alone.
    coins : int
        Coins that the bound is read off.
    exact : bool
        Whether the confidence is exact: the coins are independent, or the null is any mechanism; nearly so otherwise.
    """

    canaries: str
    unit: Unit
    rejects: str
    bound: EpsilonBound
    ceiling: float
    view: float | None
    any_mechanism: bool
    coins: int
    exact: bool


@dataclass(frozen=True)
class CanaryScores:
    """What was read off canaries of one design.

    Attributes
    ----------
    canaries : str
        What they are.
    scores : sequence of float64 array, shape (trials, canaries)
        One score of each canary, or a second one beside it; higher: more likely in.
    members : bool array, shape (trials, canaries)
        What the coins said.
    exact : bool
        Whether the coins are independent in the scores; nearly so otherwise.
    """

    canaries: str
    scores: Sequence[NDArray[np.float64]]
    members: NDArray[np.bool_]
    exact: bool


def bound_scores(
    read: Sequence[CanaryScores],
    unit: Unit,
    nulls: Sequence[Null],
    view: float | None,
    delta: float,
    ties: Callable[[int], Generator],
) -> Iterator[CanaryBound]:
    """Yield what each null says of each design's scores.

    Parameters
    ----------
    read : sequence of CanaryScores
        Equally many coins of each design.
    unit : Unit
        What a coin put in or left out.
    nulls : sequence of Null
        What is rejected.
    view : float or None
        The epsilon of these canaries in what the adversary sees, if it is known.
    delta : float
        The delta of every epsilon.
    ties : callable
        From the number of a null to the generator that breaks its ties.
    """
    coins = read[0].members.size
    # That of the first score, which says more: where a second one takes its share of the failure, it is lower.
    ceilings = [ceiling(null, coins, delta, 1 - _failures(len(read[0].scores))[0]).epsilon for null in nulls]
    for each in read:
        for number, (null, most) in enumerate(zip(nulls, ceilings, strict=True)):
            of_any = isinstance(null, AnyMechanism)
            yield CanaryBound(
                each.canaries,
                unit,
                null.rejects,
                _bound(null, each.scores, each.members, delta, ties(number)),
                most,
                view,
                of_any,
                coins,
                each.exact or of_any,
            )


def _bound(
    null: Null, scores: Sequence[NDArray[np.float64]], members: NDArray[np.bool_], delta: float, ties: Generator
) -> EpsilonBound:
    """Return the larger bound of one score or two, which share the allowed failure."""
    found = [
        epsilon_lower_bound(each, members, null, delta, 1 - failure, ties).epsilon
        for each, failure in zip(scores, _failures(len(scores)), strict=True)
    ]
    return EpsilonBound(max(found), delta, CONFIDENCE)


def _failures(scores: int) -> list[float]:
    """Return the allowed failure of each score."""
    failure = 1 - CONFIDENCE
    return [failure] if scores == 1 else [failure * (1 - VARIANCE_SHARE), failure * VARIANCE_SHARE]
