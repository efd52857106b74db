"""Comparisons in exact arithmetic."""

from fractions import Fraction

import numpy as np


def within(array: np.ndarray, decoded: np.ndarray, bound: float) -> bool:
    """Say whether no element of finite arrays is off by more than a bound, in exact arithmetic.

    Rounding keeps the order: a difference that rounds to less than the bound, or to more, is not above it, or above it.
    Fractions decide those that round to the bound, which takes a hundredth of the time of deciding all.
    """
    with np.errstate(over="ignore"):
        difference = np.abs(array.astype(np.float64) - decoded.astype(np.float64))
    edge = difference == bound
    pairs, limit = zip(array[edge].tolist(), decoded[edge].tolist(), strict=True), Fraction(bound)
    return bool((difference <= bound).all()) and all(abs(Fraction(x) - Fraction(y)) <= limit for x, y in pairs)
