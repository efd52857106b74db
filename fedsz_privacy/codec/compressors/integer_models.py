"""Probabilities of whole numbers, in whole numbers: the same bit for bit on every processor.

Each is a multiple of 2**-24, worked out with integers and with decimal arithmetic, which is specified to the digit. No
float is rounded on the way, so that encoder and decoder cannot part.
"""

import math
from decimal import Context, Decimal
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache, partial


from typing import Any

import numpy as np
import constriction
from numpy.typing import NDArray

PRECISION = 24
"""Binary digits of a probability, as constriction has them."""

STEPS = 8
"""Scales in an octave."""

LEAST_SCALE, MOST_SCALE = -3 * STEPS, 9 * STEPS
"""Indices of the least and the greatest scale: 1/8 and 512 codes. Below the least nearly all codes are 0."""

_DIGITS = Context(prec=40)

_BITS = 96
"""Binary digits behind the point of the weights that a distribution is made of."""


LARGEST_COUNTED = 1 << 14
"""Codes that are larger are counted as this."""

EXACT_BITS = 48
"""What an exact value costs, about."""


class Shape(IntEnum):
    """Distributions of the codes of a class; the value is on the wire."""

    GAUSSIAN = 0
    LAPLACE = 1


TAILS = {Shape.GAUSSIAN: 7, Shape.LAPLACE: 14}
"""Scales on either side within which a code has a probability; beyond, it is an exception."""


@lru_cache(maxsize=None)
def reach(scale: int, shape: Shape) -> int:
    """Return the largest code that has a probability, at a scale of that index."""
    return max(2, int(TAILS[shape] * _scale(scale)))


@lru_cache(maxsize=None)
def counts(scale: int, shape: Shape) -> NDArray[np.int64]:
    """Return the probabilities of the codes from minus to plus `reach`, in units of 2**-24; each is 1 at least.

    They are those of a discrete Gaussian distribution, exp(-k**2 / 2 s**2), or of a discrete Laplace distribution,
    exp(-sqrt(2) |k| / s), of scale s.
    """
    most = reach(scale, shape)
    weights = [*_weights(scale, shape, most)]
    both = [*reversed(weights[1:]), *weights]
    total, spread = sum(both), (1 << PRECISION) - len(both)
    found = np.array([1 + weight * spread // total for weight in both], np.int64)
    found[most] += (1 << PRECISION) - found.sum()
    return found


@lru_cache(maxsize=None)
def model(scale: int, shape: Shape) -> Any:
    """Return what constriction codes by; its cumulated sums are exact, as the probabilities have 24 digits."""
    return constriction.stream.model.Categorical(counts(scale, shape) / float(1 << PRECISION), perfect=False)


@lru_cache(maxsize=None)
def bits(scale: int, shape: Shape) -> NDArray[np.float64]:
    """Return how many bits each code from minus to plus `reach` takes; for the encoder alone, which may round."""
    return PRECISION - np.log2(counts(scale, shape).astype(np.float64))


def _weights(scale: int, shape: Shape, most: int) -> list[int]:
    """Return the weights of the codes 0 to most, with `_BITS` behind the point."""
    size = _scale(scale)
    if shape is Shape.GAUSSIAN:
        first = _fixed(_DIGITS.exp(_DIGITS.divide(Decimal(-1), 2 * size * size)))
        grows = (first * first) >> _BITS
    else:
        first = _fixed(_DIGITS.exp(_DIGITS.divide(-_DIGITS.sqrt(Decimal(2)), size)))
        grows = 1 << _BITS
    weights, factor = [1 << _BITS], first
    for _ in range(most):
        weights.append((weights[-1] * factor) >> _BITS)
        factor = (factor * grows) >> _BITS
    return weights


def _scale(index: int) -> Decimal:
    return _DIGITS.power(Decimal(2), _DIGITS.divide(Decimal(index), Decimal(STEPS)))


def _fixed(value: Decimal) -> int:
    return int(_DIGITS.multiply(value, Decimal(1 << _BITS)))


@dataclass(frozen=True)
class ClassModel:
    """The distribution that the codes of one class are coded by.

    Parameters
    ----------
    scale : int
        Index of its scale, from `LEAST_SCALE` to `MOST_SCALE`.
    shape : Shape
        Its shape.
    """

    scale: int
    shape: Shape

    @classmethod
    def of(cls, codes: NDArray[np.int32]) -> "ClassModel":
        """Return the model that takes fewest bits for some codes; the encoder alone does this, and may round."""
        sizes = np.bincount(np.minimum(np.abs(codes), LARGEST_COUNTED))
        square = float(sizes @ np.square(np.arange(len(sizes), dtype=np.float64))) / codes.size
        scale = min(max(round(STEPS / 2 * math.log2(square)), LEAST_SCALE), MOST_SCALE) if square else LEAST_SCALE
        return min((_descend(sizes, cls(scale, shape)) for shape in Shape), key=partial(_cost, sizes))

    @classmethod
    def from_byte(cls, byte: int) -> "ClassModel":
        """Return the model of a byte; ValueError if there is none."""
        shape, index = divmod(byte, 128)
        if LEAST_SCALE + index > MOST_SCALE:
            raise ValueError(f"not scaled codes: no model {byte}")
        return cls(LEAST_SCALE + index, Shape(shape))

    def to_byte(self) -> int:
        """Return the byte that names it."""
        return 128 * self.shape + self.scale - LEAST_SCALE

    @property
    def coded_by(self) -> Any:
        """What constriction codes symbols by."""
        return model(self.scale, self.shape)

    def misses(self, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return which codes it does not know."""
        found: NDArray[np.bool_] = np.abs(codes) > reach(self.scale, self.shape)
        return found

    def symbols(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the symbols of codes, that of 0 for those that it does not know."""
        most = reach(self.scale, self.shape)
        return np.where(self.misses(codes), most, codes + most).astype(np.int32)

    def codes(self, symbols: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the codes of symbols."""
        return symbols - reach(self.scale, self.shape)


def _descend(sizes: NDArray[np.int64], start: ClassModel) -> ClassModel:
    """Return the model of a shape from which neither the next larger nor the next smaller scale takes fewer bits."""
    best, cost = start, _cost(sizes, start)
    for step in (-1, 1):
        while LEAST_SCALE <= best.scale + step <= MOST_SCALE:
            other = replace(best, scale=best.scale + step)
            if (found := _cost(sizes, other)) >= cost:
                break
            best, cost = other, found
    return best


def _cost(sizes: NDArray[np.int64], tried: ClassModel) -> float:
    """Return the bits that codes take, from how often each size is among them."""
    most = reach(tried.scale, tried.shape)
    known, missed = sizes[: most + 1], sizes[most + 1 :]
    return float(known @ bits(tried.scale, tried.shape)[most : most + len(known)] + EXACT_BITS * missed.sum())
