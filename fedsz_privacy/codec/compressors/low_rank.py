"""A matrix of low rank in whole numbers, which predicts an update.

Gradients of a weight matrix are sums of outer products, and much of their energy can lie in few directions: PowerSGD
(Vogels et al., NeurIPS 2019) sends these alone. Here they predict, and the compressor's bound holds for what is left.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LARGEST = np.iinfo(np.int16).max
"""Largest factor, so that the sum of 255 products is below 2**38: float64 holds each partial sum in any order."""

LARGEST_SHIFT = 16

SPARE = 4
"""Directions that are looked for beyond the rank."""


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

    @property
    def rank(self) -> int:
        """Number of outer products; 0 predicts zeros."""
        return int(self.rows.shape[1])

    def part(self, rows: slice, columns: slice = slice(None)) -> NDArray[np.float64]:
        """Return some rows and columns of ``rows @ columns``: whole numbers, exact in every order of the sums."""
        left, right = self.rows[rows].astype(np.float64), self.columns[:, columns].astype(np.float64)
        product: NDArray[np.float64] = left @ right
        return product


def nothing(shape: tuple[int, int]) -> LowRank:
    """Return the prediction of zeros."""
    return LowRank(np.zeros((shape[0], 0), np.int16), np.zeros((0, shape[1]), np.int16), 0)


@dataclass(frozen=True)
class Directions:
    """Singular vectors of a matrix, about; what the encoder alone looks for, and may round.

    Attributes
    ----------
    left, sizes, right : float32 array, shape (rows, rank), (rank,), (rank, columns)
        With the singular values in falling order.
    """

    left: NDArray[np.float32]
    sizes: NDArray[np.float32]
    right: NDArray[np.float32]

    @classmethod
    def of(cls, matrix: NDArray[np.float32], rank: int) -> "Directions":
        """Return the first directions of a finite matrix, by one step of subspace iteration (Halko et al., 2011).

        It starts from sums of groups of rows, so that no random numbers are drawn.
        """
        groups = min(rank + SPARE, *matrix.shape)
        whole = matrix[: len(matrix) // groups * groups]
        start = whole.reshape(groups, -1, matrix.shape[1]).sum(axis=1)
        basis, _ = np.linalg.qr(matrix @ start.T)
        inner = basis.T @ matrix
        squares, turn = np.linalg.eigh(inner @ inner.T)
        turn, sizes = turn[:, ::-1][:, :rank], np.sqrt(np.maximum(squares[::-1][:rank], np.finfo(np.float32).tiny))
        return cls(basis @ turn, sizes, (turn.T @ inner) / sizes[:, None])

    def to_whole(self, rank: int) -> LowRank | None:
        """Return the prediction of so many directions, or None where it does not fit 16 bits.

        Factors are rounded so finely that this adds to the prediction about the variance of one unit: an outer product
        of sizes a and b, rounded to steps of d, errs by (a**2 + b**2) d**2 / 12.
        """
        balance = (self.right.shape[1] / len(self.left)) ** 0.25
        root = np.sqrt(self.sizes[:rank])
        rows, columns = self.left[:, :rank] * root * balance, self.right[:rank] * root[:, None] / balance
        spread = rank * (float(np.square(rows).mean()) + float(np.square(columns).mean()))
        shift = min(max(round(float(np.log2(spread or 1.0))), 0), LARGEST_SHIFT)
        step = 2.0 ** (shift / 2)
        rows, columns = np.rint(rows * step), np.rint(columns * step)
        if not max(np.abs(rows).max(), np.abs(columns).max()) <= LARGEST:
            return None
        return LowRank(rows.astype(np.int16), columns.astype(np.int16), shift)
