"""Classes of an update's elements by scale: that of its row times that of its column, as whole exponents.

An update of a weight matrix has rows and columns of very different size, so one distribution of codes fits no element
well. The scale of an element is close to the root mean square of its row, times that of its column, over that of the
matrix. Each is sent as an exponent in quarter octaves, and sums of exponents are exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

QUARTERS = 4
"""Exponents in an octave."""

NOTHING = -128
"""The exponent of a row or column of which every code is 0: none of it is coded."""

LEAST, MOST = -127, 127
"""Least and greatest exponent of all others."""


@dataclass(frozen=True)
class ScaleClasses:
    """The classes of a matrix's elements.

    Attributes
    ----------
    rows, columns : int8 array, shape (rows,), (columns,)
        Exponents of the scale of each, in quarter octaves; `NOTHING` where every code is 0.
    """

    rows: NDArray[np.int8]
    columns: NDArray[np.int8]

    @classmethod
    def of(cls, codes: NDArray[np.floating]) -> "ScaleClasses":
        """Return the classes of a matrix of codes; the encoder alone does this, and may round."""
        squares = np.square(codes, dtype=np.float32)
        mean = float(squares.mean(dtype=np.float64)) or 1.0
        return cls(_exponents(squares.mean(axis=1), 1.0), _exponents(squares.mean(axis=0), mean))

    @classmethod
    def from_bytes(cls, data: bytes, rows: int) -> "ScaleClasses":
        """Return the classes that `to_bytes` wrote, of a matrix of so many rows."""
        exponents = np.frombuffer(data, np.int8)
        return cls(exponents[:rows], exponents[rows:])

    def to_bytes(self) -> bytes:
        """Return the exponents, a byte each, those of rows first."""
        return self.rows.tobytes() + self.columns.tobytes()

    def gather(self, matrix: NDArray[np.generic]) -> Iterator[NDArray[np.generic]]:
        """Yield the elements of each class of a matrix in turn, the smallest scale first, each as a flat array."""
        sorted_ = matrix[self._row_order][:, self._column_order]
        for blocks in self._blocks:
            yield np.concatenate([sorted_[rows, columns].reshape(-1) for rows, columns in blocks])

    def scatter(self, classes: Iterable[NDArray[np.generic]], out: NDArray[np.generic]) -> None:
        """Put the elements of each class in turn back into a matrix of zeros."""
        sorted_ = np.zeros((len(self._row_order), len(self._column_order)), out.dtype)
        for blocks, elements in zip(self._blocks, classes, strict=True):
            start = 0
            for rows, columns in blocks:
                block = sorted_[rows, columns]
                block[...] = elements[start : start + block.size].reshape(block.shape)
                start += block.size
        out[np.ix_(self._row_order, self._column_order)] = sorted_

    @property
    def sizes(self) -> list[int]:
        """Number of elements of each class."""
        return [
            sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in blocks)
            for blocks in self._blocks
        ]

    @cached_property
    def _row_order(self) -> NDArray[np.intp]:
        return _order(self.rows)

    @cached_property
    def _column_order(self) -> NDArray[np.intp]:
        return _order(self.columns)

    @cached_property
    def _blocks(self) -> list[list[tuple[slice, slice]]]:
        """The blocks of each class in the matrix sorted by exponents: those whose exponents have one sum."""
        found: dict[int, list[tuple[slice, slice]]] = {}
        for row, rows in _runs(self.rows[self._row_order]):
            for column, columns in _runs(self.columns[self._column_order]):
                found.setdefault(row + column, []).append((rows, columns))
        return [found[total] for total in sorted(found)]


def _exponents(squares: NDArray[np.float32], unit: float) -> NDArray[np.int8]:
    """Return the exponents of root mean squares."""
    with np.errstate(divide="ignore"):
        found = np.rint(QUARTERS / 2 * np.log2(squares.astype(np.float64) / unit))
    return np.where(squares > 0, np.clip(found, LEAST, MOST), NOTHING).astype(np.int8)


def _order(exponents: NDArray[np.int8]) -> NDArray[np.intp]:
    """Return the places of the exponents in order, those of `NOTHING` left out."""
    order = np.argsort(exponents, kind="stable")
    return order[np.searchsorted(exponents[order], NOTHING, side="right") :]


def _runs(exponents: NDArray[np.int8]) -> list[tuple[int, slice]]:
    """Return each exponent of a sorted array, and where it is."""
    values, starts = np.unique(exponents, return_index=True)
    ends = [*starts[1:], len(exponents)]
    return [(int(value), slice(int(a), int(b))) for value, a, b in zip(values, starts, ends, strict=True)]
