"""Which two values a rounding to random levels tells apart best: a claim that is checked over finitely many pairs."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.defences.mechanisms.random_levels import RandomLevels
from fedsz_privacy.training.events import FiniteDpEvent

SLACK = 1e-12
"""What rounding may add to a sum of probabilities."""


def worst_pair(rounding: RandomLevels) -> FiniteDpEvent | None:
    r"""Return the distributions of c and of -c if they dominate those of any two values in [-c, c]; None if not.

    Between two levels, masses are linear in the value, and :math:`\delta(\epsilon)` is jointly convex in two
    distributions. So it is greatest at pairs of levels. For a pair, :math:`\delta` is piecewise linear in
    :math:`e^\epsilon`, with corners at ratios of masses. So it is enough to compare at corners, for each pair of levels
    from -c to c.
    """
    inner = np.arange(rounding.beyond, rounding.levels - rounding.beyond)
    masses = [rounding.masses(float(value)) for value in rounding.values(inner)]
    lower, upper = masses[0], masses[-1]
    if all(_dominates(upper, lower, *pair) for pair in permutations(masses, 2)):
        return FiniteDpEvent(tuple(upper.tolist()), tuple(lower.tolist()))
    return None


def _dominates(
    upper: NDArray[np.float64], lower: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]
) -> bool:
    """Return whether no delta of the second pair exceeds that of the first, at any corner of either."""
    odds = np.concatenate([upper / lower, one / other])
    return bool((_deltas(one, other, odds) <= _deltas(upper, lower, odds) + SLACK).all())


def _deltas(one: NDArray[np.float64], other: NDArray[np.float64], odds: NDArray[np.float64]) -> NDArray[np.float64]:
    deltas: NDArray[np.float64] = np.maximum(one - odds[:, np.newaxis] * other, 0).sum(axis=1)
    return deltas
