"""A matrix of low rank in whole numbers, which predicts an update.

Gradients of a weight matrix are sums of outer products, and much of their energy can lie in few directions: PowerSGD
(Vogels et al., NeurIPS 2019) sends these alone. Here they predict, and the compressor's bound holds for what is left.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

LARGEST = np.iinfo(np.int16).max
"""Largest factor, so that the sum of 255 products is below 2**38: float64 holds each partial sum in any order."""

LARGEST_SHIFT = 16


@dataclass(frozen=True)
class LowRank:
    """The prediction ``rows @ columns / 2**shift``, in units of the quantiser's bins.

    Attributes
    ----------
    rows, columns : int16 array, shape (rows, rank), (rank, columns)
    shift : int
        From 0 to `LARGEST_SHIFT`.
    """

    rows: NDArray[np.int16]
    columns: NDArray[np.int16]
    shift: int

    @classmethod
    def nothing(cls, shape: tuple[int, int]) -> "LowRank":
        """Return the prediction of zeros."""
        return cls(np.zeros((shape[0], 0), np.int16), np.zeros((0, shape[1]), np.int16), 0)

    @property
    def rank(self) -> int:
        """Number of outer products; 0 predicts zeros."""
        return int(self.rows.shape[1])

    @cached_property
    def greatest(self) -> int:
        """A bound on every partial sum of ``rows @ columns``, in any order."""
        if self.rank == 0:
            return 0
        left, right = np.abs(self.rows, dtype=np.int32).max(axis=0), np.abs(self.columns, dtype=np.int32).max(axis=1)
        return int(left.astype(np.int64) @ right)

    def factors(self, dtype: np.dtype[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return rows over ``2**shift``, and columns, in a float type that holds `greatest`.

        Then their product is exact in any order: it is the whole numbers', and a power of two does not round.
        """
        return self.rows.astype(dtype) * dtype.type(2.0**-self.shift), self.columns.astype(dtype)
