"""Bring a bound to about one, for a codec that fails where numbers are subnormal, enormous or far apart."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESOLVED = {4: 2.0**20, 8: 2.0**29}
"""Greatest value in units of the bound that a codec still has to resolve, by the item size of the dtype."""


def greatest_within(bound: float, dtype: np.dtype[np.floating]) -> float:
    """Return the greatest value of a dtype that is not above a bound."""
    value = dtype.type(min(bound, float(np.finfo(dtype).max)))
    return float(value if float(value) <= bound else np.nextafter(value, dtype.type(0)))


@dataclass(frozen=True)
class BoundScale:
    """Multiplication of an array and its bound by the power of two that brings the bound to about one.

    It is exact: what a codec does to the scaled array within the scaled bound, it does to the array within the bound.
    Only a subnormal result rounds, and never past the bound, because ``bound`` and the original are multiples of the
    smallest subnormal and rounding is monotone.

    Parameters
    ----------
    bound : float
        A value of the dtype, at most half its greatest; 0 leaves room for zeros only.
    dtype : dtype
        float32 or float64.
    """

    bound: float
    dtype: np.dtype[np.floating]

    def __post_init__(self) -> None:
        if not 0 <= self.bound <= float(np.finfo(self.dtype).max):
            raise ValueError(f"compressed array has the error bound {self.bound}")

    @classmethod
    def below(cls, bound: float, dtype: np.dtype[np.floating]) -> "BoundScale":
        """Return the scale of the greatest value of the dtype that is not above the bound."""
        return cls(greatest_within(min(bound, float(np.finfo(dtype).max) / 2), dtype), dtype)

    @property
    def unit(self) -> float:
        """The bound after scaling: in [1/2, 1), unless the factor would leave the dtype's normal numbers."""
        return self.bound * 2.0**-self._exponent or 1.0

    @property
    def _exponent(self) -> int:
        largest = int(np.finfo(self.dtype).maxexp) - 2
        return min(max(math.frexp(self.bound)[1], -largest), largest)

    def fits(self, flat: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return which elements a codec still resolves to a fraction of the bound; NaN and infinities do not fit."""
        limit = min(self.bound * RESOLVED[self.dtype.itemsize], float(np.finfo(self.dtype).max) - self.bound)
        result: NDArray[np.bool_] = np.abs(flat) <= self.dtype.type(limit)
        return result

    def apply(self, flat: NDArray[np.floating], fits: NDArray[np.bool_]) -> NDArray[np.floating]:
        """Return the scaled array, with 0 for what does not fit."""
        scaled: NDArray[np.floating] = np.where(fits, flat, self.dtype.type(0)) * self.dtype.type(2.0**-self._exponent)
        return scaled

    def revert(self, scaled: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the array at its own scale."""
        with np.errstate(over="ignore", invalid="ignore"):
            flat: NDArray[np.floating] = scaled * self.dtype.type(2.0**self._exponent)
        return flat
