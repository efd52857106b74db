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

    def shifts(self, ranks: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how finely factors of so many directions, one or more, are rounded: to steps of 2**(-shift / 2).

        In steps of d, factors of a singular value s err by d**2 / 12 each, and so the prediction by a variance of
        e = (1/m + 1/n) d**2 / 12 times the sum of s, for m rows and n columns. Halving d costs each factor a bit. With
        v the variance left, and 1/12 that of rounding to codes, the codes' entropy grows by e / (v + 1/12) / 2 nats.
        So the bits of both are fewest where d**-2 is the mean of s over 12 v + 1. Among all ways to divide s between
        rows and columns, its root for each is the best.
        """
        best: NDArray[np.float64] = np.log2(self._sums[ranks - 1] / ranks / (12 * self.left[ranks] + 1))
        # No factor is above the root of its singular value.
        finest = math.floor(math.log2(LARGEST**2 / self.sizes[0]))
        return np.rint(best).clip(0, max(0, min(finest, LARGEST_SHIFT)))

    def bits(self, ranks: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return about how many bits factors of so many directions take, and what rounding them adds to the codes'.

        Each direction has a scale of its own.
        """
        sides, steps = np.array([len(self.rows), self.columns.shape[1]]), 2.0 ** self.shifts(ranks)
        each = gaussian_bits(np.multiply.outer(steps, self.sizes)[..., None] / sides) @ sides
        each[np.arange(self.rank) >= ranks[:, None]] = 0
        error = (1 / sides).sum() * self._sums[ranks - 1] / steps / (12 * self.left[ranks] + 1)
        bits: NDArray[np.float64] = each.sum(axis=1) + sides.prod() * np.log2(1 + error) / 2
        return bits

    def to_whole(self, rank: int) -> LowRank:
        """Return the prediction of so many directions."""
        shift = int(self.shifts(np.array([rank]))[0])
        step = np.float32(2.0 ** (shift / 2))
        factors = (np.rint(each * step) for each in (self.rows[:, :rank], self.columns[:rank]))
        rows, columns = (each.clip(-LARGEST, LARGEST).astype(np.int16) for each in factors)
        return LowRank(rows, columns, shift)

    @cached_property
    def _sums(self) -> NDArray[np.float64]:
        return np.cumsum(self.sizes)


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return columns of unit length in right angles with the same span, by Cholesky's factor of their products."""
    products = _products(columns)
    diagonal = np.einsum("ii->i", products)
    diagonal += RIDGE * diagonal.sum() + TINY
    return columns @ np.linalg.inv(np.linalg.cholesky(products)).T.astype(np.float32)


def _products(columns: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the products of each two columns, in float64: their energies can be far apart."""
    exact = columns.astype(np.float64)
    products: NDArray[np.float64] = exact.T @ exact
    return products
