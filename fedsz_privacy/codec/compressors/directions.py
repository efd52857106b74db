"""The first singular directions of a matrix, about: what the encoder alone looks for, and may round as it likes."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.entropies import gaussian_bits
from fedsz_privacy.codec.compressors.low_rank import LARGEST, LARGEST_SHIFT, LowRank

SPARE = 4
"""Directions that are looked for beyond the rank."""

RIDGE = 1e-10
"""Share of the energy that is added to each of the directions looked for, so that none is lost in rounding."""

TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Directions:
    """Factors whose product is close to a matrix of bins, the largest directions first.

    Attributes
    ----------
    rows, columns : float32 array, shape (rows, rank), (rank, columns)
        Singular vectors times the root of their singular values.
    sizes : float array, shape (rank,)
        Singular values.
    left : float array, shape (rank + 1,)
        Mean square of what is left of the matrix after so many directions.
    """

    rows: NDArray[np.float32]
    columns: NDArray[np.float32]
    sizes: NDArray[np.float64]
    left: NDArray[np.float64]

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
        energies, turn = np.linalg.eigh(_products(inner.T))
        energies, turn = np.maximum(energies[::-1][:rank], TINY), turn[:, ::-1][:, :rank]
        sizes = np.sqrt(energies)
        left = float(np.vdot(matrix, matrix)) - np.cumsum([0.0, *energies])
        rows = basis @ (turn * np.sqrt(sizes)).astype(np.float32)
        columns = (turn / np.sqrt(sizes)).T.astype(np.float32) @ inner
        return cls(rows, columns, sizes, np.maximum(left, 0) / matrix.size)

    @property
    def rank(self) -> int:
        """Number of directions."""
        return len(self.columns)

    def shift(self, rank: int) -> int:
        """Return how finely factors of so many directions are rounded: to steps of 2**(-shift / 2).

        In steps of d, factors of a singular value s err by d**2 / 12 each, and so the prediction by a variance of
        e = (1/m + 1/n) d**2 / 12 times the sum of s, for m rows and n columns. Halving d costs each factor a bit. With
        v the variance left, and 1/12 that of rounding to codes, the codes' entropy grows by e / (v + 1/12) / 2 nats.
        So the bits of both are fewest where d**-2 is the mean of s over 12 v + 1. Among all ways to divide s between
        rows and columns, its root for each is the best.
        """
        finest = 2 * math.log2(LARGEST / self._greatest)
        best = math.log2(float(self.sizes[:rank].mean()) / (12 * float(self.left[rank]) + 1))
        return max(0, min(round(best), math.floor(finest), LARGEST_SHIFT))

    def bits(self, rank: int) -> float:
        """Return about how many bits the factors of so many directions take, each direction with a scale of its own."""
        scaled = self.sizes[:rank] * 2.0 ** self.shift(rank)
        return float(sum(side * gaussian_bits(scaled / side).sum() for side in (len(self.rows), self.columns.shape[1])))

    def rounded(self, rank: int, sample: slice = slice(None)) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the whole factors of so many directions, of all rows or of some."""
        step = np.float32(2.0 ** (self.shift(rank) / 2))
        return np.rint(self.rows[sample, :rank] * step), np.rint(self.columns[:rank] * step)

    def to_whole(self, rank: int) -> LowRank:
        """Return the prediction of so many directions."""
        rows, columns = (np.clip(each, -LARGEST, LARGEST).astype(np.int16) for each in self.rounded(rank))
        return LowRank(rows, columns, self.shift(rank))

    @cached_property
    def _greatest(self) -> float:
        return max(float(np.abs(self.rows).max()), float(np.abs(self.columns).max()), TINY)


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return columns of unit length in right angles with the same span, by Cholesky's factor of their products."""
    products = _products(columns)
    triangle = np.linalg.cholesky(products + (RIDGE * np.trace(products) + TINY) * np.eye(len(products)))
    return columns @ np.linalg.inv(triangle).T.astype(np.float32)


def _products(columns: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the products of each two columns, in float64: their energies can be far apart."""
    exact = columns.astype(np.float64)
    products: NDArray[np.float64] = exact.T @ exact
    return products
