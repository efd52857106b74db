"""The privacy parameter up to which guesses reject."""

from collections.abc import Callable, Sequence

import scipy

from analysis.methods.lower_bounds.bounds import check_confidence
from analysis.methods.lower_bounds.guesses import Guesses
from fedsz_privacy.core.errors import InputError

Excess = Callable[[float, Guesses, float], float]
"""Of a parameter, guesses and an allowed failure: negative where the guesses reject the parameter."""


def largest_rejected(guesses: Sequence[Guesses], confidence: float, excess: Excess) -> float:
    """Return a parameter up to which one of the guesses rejects, the allowed failure shared evenly over them.

    Each gives the crossing of its excess that is found first, and the largest of those is taken.
    """
    check_confidence(confidence)
    if not guesses:
        raise InputError("no numbers of guesses: give at least one")
    level = (1 - confidence) / len(guesses)
    return max(_crossing(excess, each, level) for each in guesses)


def _crossing(excess: Excess, guesses: Guesses, level: float) -> float:
    if excess(0, guesses, level) >= 0:
        return 0.0
    floor, ceiling = 0.0, 1.0
    while excess(ceiling, guesses, level) < 0:
        floor, ceiling = ceiling, 2 * ceiling
    return float(scipy.optimize.brentq(excess, floor, ceiling, args=(guesses, level), xtol=1e-6))
