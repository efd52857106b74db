r"""The two-sided geometric distribution (discrete Laplace), clamped, from integer weights alone.

:math:`P(G = k) \propto e^{-\epsilon |k|}` (Ghosh, Roughgarden and Sundararajan, STOC 2009), with all mass beyond a
public range moved to its ends. Samplers that take a logarithm of a float have holes, by which values far out tell what
was added to them (Mironov, CCS 2012). Here every outcome has a whole number of the equally likely integers that a
generator draws, and the numbers are chosen so that no ratio of neighbours exceeds :math:`e^\epsilon`.

This departs from the distribution by name: weights are rounded down from the middle of the range outwards, and the
range ends where about :math:`e^{-20}` of the mass is left. Both together are less than 1e-8 in total variation, and
neither costs privacy.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from functools import cached_property

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.ranges import Range
from fedsz_privacy.defences.mechanisms.quantiser import Codes

ROUND_EPSILON = Range(1e-4, 40)
"""Epsilons of one round: below it a table of weights is too long, above it next to no noise is left."""

TAIL = 20
"""Logarithm of one over the mass beyond the range, about."""

FRACTION_BITS = 64
"""Bits behind the point of e^epsilon, rounded down."""


@dataclass(frozen=True)
class TwoSidedGeometric:
    r"""Integers of :math:`P(k) \propto e^{-\epsilon |k|}`, clamped to a range.

    Parameters
    ----------
    epsilon : float
        In `ROUND_EPSILON`.

    Guarantees
    ----------
    Of b + G clamped to [1 - K, K], with K the end of the range, no outcome has more than :math:`e^\epsilon` times the
    probability under b = 0 that it has under b = 1, nor the reverse: in integers, as drawn, whatever the generator's
    integers are worth as random numbers.
    """

    epsilon: float

    @property
    def most(self) -> int:
        """The end of the range, K."""
        return math.ceil(TAIL / self.epsilon)

    @cached_property
    def weights(self) -> tuple[int, ...]:
        r"""Weights of 0, 1, ..., K.

        That of K is free; :math:`W_{K-1} = \lfloor (e^\epsilon - 1) W_K \rfloor`, because K stands for all beyond it,
        and :math:`W_{k-1} = \lfloor e^\epsilon W_k \rfloor`.
        """
        ratio = _exponential(self.epsilon)
        inwards = [_outermost(self.epsilon, self.most)]
        inwards.append((inwards[0] * (ratio - (1 << FRACTION_BITS))) >> FRACTION_BITS)
        for _ in range(self.most - 1):
            inwards.append((inwards[-1] * ratio) >> FRACTION_BITS)
        return tuple(reversed(inwards))

    def draw(self, count: int, generator: Generator) -> Codes:
        """Return independent integers, shape (count,): each by one integer below the sum of all weights."""
        ends = self._ends
        drawn = generator.integers(0, ends[-1], count, dtype=np.int64)
        return np.searchsorted(ends, drawn, side="right").astype(np.int64) - self.most

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """Sums of the weights of -K, ..., k, shape (2 K + 1,)."""
        weights = np.array(self.weights, np.int64)
        return np.cumsum(np.concatenate([weights[:0:-1], weights]))


def _exponential(epsilon: float) -> int:
    """Return e^epsilon in units of 2^-64, rounded down."""
    context = Context(prec=60, rounding=ROUND_FLOOR)
    exact = context.exp(Decimal(epsilon)) * (1 - Decimal(10) ** -50)
    return int(exact * 2**FRACTION_BITS)


def _outermost(epsilon: float, most: int) -> int:
    """Return the weight of the end of the range at which all weights sum to about 2^60."""
    return max(1, int(2.0**60 * math.exp(-epsilon * most) / (1 + math.exp(-epsilon))))
