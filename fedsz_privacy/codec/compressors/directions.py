"""The first singular directions of a matrix, about: what the encoder alone looks for, and may round as it likes."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.low_rank import LARGEST, LARGEST_SHIFT, LowRank

SPARE = 4
"""Directions that are looked for beyond the rank."""

LEAST_ENERGY = 1e-10
"""Share of the largest direction's energy below which float32 knows little of a direction."""


@dataclass(frozen=True)
class Directions:
    """Factors whose product is close to a matrix of bins, the largest directions first.

    Attributes
    ----------
    rows, columns : float32 array, shape (rows, rank), (rank, columns)
        Singular vectors times the root of their singular values, the sides brought to one scale.
    left : float array, shape (rank + 1,)
        Mean square of what is left of the matrix after so many directions.
    """

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]
    left: NDArray[np.floating]

    @classmethod
    def of(cls, matrix: NDArray[np.float32], rank: int) -> "Directions":
        """Return the first directions of a finite matrix, by one step of subspace iteration (Halko et al., 2011).

        It starts from sums of groups of rows, so that no random numbers are drawn.
        """
        groups = min(rank + SPARE, *matrix.shape)
        whole = matrix[: len(matrix) // groups * groups]
        start = whole.reshape(groups, -1, matrix.shape[1]).sum(axis=1)
        basis = _orthonormal(matrix @ start.T)
        inner = basis.T @ matrix
        squares, turn = _largest_first(inner)
        squares, turn = squares[:rank], turn[:, :rank]
        balance = np.float32((matrix.shape[1] / len(matrix)) ** 0.25)
        scale = squares**0.25 * balance
        left = float(np.vdot(matrix, matrix)) - np.cumsum([0.0, *squares])
        return cls(basis @ (turn * scale), (turn / scale).T @ inner, np.maximum(left, 0) / matrix.size)

    @property
    def rank(self) -> int:
        """Number of directions."""
        return len(self.columns)

    def shift(self, rank: int) -> int:
        """Return how finely factors of so many directions are rounded: to steps of 2**(-shift / 2).

        In steps of d an outer product of sizes a and b errs by (a**2 + b**2) d**2 / 12, the prediction by a variance
        of e in all. Halving d costs each factor a bit. With v the variance left, and 1/12 that of rounding to codes,
        their entropy grows by e / (v + 1/12) / 2 nats, so the bits of both are fewest where e is v + 1/12 times the
        number of factors over that of elements.
        """
        rows, columns = self.rows[:, :rank], self.columns[:rank]
        spread = rank * (_mean_square(rows) + _mean_square(columns)) / 12
        error = (float(self.left[rank]) + 1 / 12) * rank * (1 / len(rows) + 1 / columns.shape[1])
        room = LARGEST / max(np.abs(rows).max(), np.abs(columns).max())
        return max(0, min(round(math.log2(spread / error)), math.floor(2 * math.log2(room)), LARGEST_SHIFT))

    def to_whole(self, rank: int) -> LowRank:
        """Return the prediction of so many directions."""
        shift = self.shift(rank)
        step = np.float32(2.0 ** (shift / 2))
        rows, columns = np.rint(self.rows[:, :rank] * step), np.rint(self.columns[:rank] * step)
        return LowRank(_fitting(rows), _fitting(columns), shift)


def _fitting(factors: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.clip(factors, -LARGEST, LARGEST).astype(np.int16)


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an orthonormal basis of columns; from their products, which takes far less time than a factorisation."""
    squares, turn = _largest_first(columns.T)
    basis: NDArray[np.float32] = np.asarray(columns @ (turn / np.sqrt(squares)), np.float32)
    return basis


def _largest_first(rows: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the squares of the singular values of some rows, and their left singular vectors, the known ones."""
    exact = rows.astype(np.float64)
    squares, turn = np.linalg.eigh(exact @ exact.T)
    known = max(1, int(np.count_nonzero(squares > LEAST_ENERGY * squares[-1])))
    squares = np.maximum(squares[::-1][:known], np.finfo(np.float32).tiny)
    return squares.astype(np.float32), turn[:, ::-1][:, :known].astype(np.float32)


def _mean_square(numbers: NDArray[np.float32]) -> float:
    return float(np.vdot(numbers, numbers)) / numbers.size
