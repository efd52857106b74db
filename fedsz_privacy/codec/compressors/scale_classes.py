"""Classes of an update's elements by scale: that of its row times that of its column, as whole exponents.

An update of a weight matrix has rows and columns of very different size, so one distribution of codes fits no element
well. The scale of an element is close to the root mean square of its row, times that of its column, over that of the
matrix. Each is sent as an exponent in quarter octaves, and sums of exponents are exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUARTERS = 4
"""Exponents in an octave."""

FEWEST = 2048
"""Elements below which a class takes the next larger scale in: its table would cost more than it saves."""

NOTHING = -128
"""The exponent of a row or column of which every code is 0: none of it is coded."""

LEAST, MOST = -127, 127
"""Least and greatest exponent of all others."""


BITS_OF_EXPONENT, BITS_OF_CLASS = 3, 300
"""What a row's or column's exponent takes, and a class's table, about."""


def pays(codes: NDArray[np.signedinteger]) -> bool:
    """Return whether classes save more bits than their exponents and tables take; the encoder alone asks.

    Rounded Gaussian numbers of variance v have an entropy of about log2(1 + 2 pi e v) / 2.
    """
    if min(codes.shape) == 1 or codes.size < 2 * FEWEST:
        return False
    squares = np.square(codes, dtype=np.float32)
    rows, columns = squares.mean(axis=1, keepdims=True), squares.mean(axis=0, keepdims=True)
    mean = float(squares.mean(dtype=np.float64)) or 1.0
    within = np.log1p(17 * rows / mean * columns).mean(dtype=np.float64)
    saved = codes.size * (np.log1p(17 * mean) - within) / np.log(4)
    return bool(saved > BITS_OF_EXPONENT * sum(codes.shape) + 2 * BITS_OF_CLASS)


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
    def of(cls, codes: NDArray[np.signedinteger]) -> "ScaleClasses":
        """Return the classes of a matrix of codes; the encoder alone does this, and may round."""
        squares = np.square(codes, dtype=np.float32)
        mean = float(squares.mean(dtype=np.float64)) or 1.0
        return cls(_exponents(squares.mean(axis=1), 1.0), _exponents(squares.mean(axis=0), mean))

    def gather(self, matrix: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield the elements of each class of a matrix in turn, the smallest scale first, each as a flat array."""
        sorted_ = matrix[self._row_order][:, self._column_order]
        for blocks in self._blocks:
            yield np.concatenate([sorted_[rows, columns].reshape(-1) for rows, columns in blocks])

    def scatter(self, classes: Iterable[NDArray[Any]], out: NDArray[Any]) -> None:
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
        return [_size(blocks) for blocks in self._blocks]

    @cached_property
    def _row_order(self) -> NDArray[np.intp]:
        return _order(self.rows)

    @cached_property
    def _column_order(self) -> NDArray[np.intp]:
        return _order(self.columns)

    @cached_property
    def _blocks(self) -> list[list[tuple[slice, slice]]]:
        """The blocks of each class in the matrix sorted by exponents: those whose exponents have nearly one sum."""
        found: dict[int, list[tuple[slice, slice]]] = {}
        for row, rows in _runs(self.rows[self._row_order]):
            for column, columns in _runs(self.columns[self._column_order]):
                found.setdefault(row + column, []).append((rows, columns))
        return _merge([found[total] for total in sorted(found)])


def _merge(classes: list[list[tuple[slice, slice]]]) -> list[list[tuple[slice, slice]]]:
    """Return the classes with each run of small ones as one, the last as part of the one before."""
    merged: list[list[tuple[slice, slice]]] = []
    room = 0
    for blocks in classes:
        if room <= 0:
            merged.append([])
            room = FEWEST
        merged[-1].extend(blocks)
        room -= _size(blocks)
    if room > 0 and len(merged) > 1:
        merged[-2:] = [merged[-2] + merged[-1]]
    return merged


def _size(blocks: list[tuple[slice, slice]]) -> int:
    return sum((rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in blocks)


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
    ends = [*starts, len(exponents)][1:]
    return [(int(value), slice(int(a), int(b))) for value, a, b in zip(values, starts, ends, strict=True)]
