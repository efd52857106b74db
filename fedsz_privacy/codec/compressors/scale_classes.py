"""Classes of an update's elements by scale: that of its row times that of its column, as whole exponents.

An update of a weight matrix has rows and columns of very different size, so one distribution of codes fits no element
well. The scale of an element is close to the root mean square of its row, times that of its column, over that of the
matrix. Each is sent as an exponent in half octaves, and sums of exponents are exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.entropies import entropy, gaussian_bits

FINENESS = 2
"""Exponents in an octave."""

FEWEST = 4096
"""Elements below which a class takes the next larger scale in: its table would cost more than it saves."""

NOTHING = -128
"""The exponent of a row or column of which every code is 0: none of it is coded."""

LEAST, MOST = -127, 127
"""Least and greatest exponent of all others."""

WORTH = 0.95
"""Share of the bits without classes from which on they are not worth their time."""

BITS_OF_CLASS = 300
"""What a class's table takes, about."""


@dataclass(frozen=True)
class ScaleClasses:
    """The classes of a matrix's elements.

    Attributes
    ----------
    rows, columns : int8 array, shape (rows,), (columns,)
        Exponents of the scale of each, in half octaves; `NOTHING` where every code is 0.
    """

    rows: NDArray[np.int8]
    columns: NDArray[np.int8]

    @classmethod
    @np.errstate(invalid="ignore")  # as in `predict`
    def of(cls, codes: NDArray[np.signedinteger]) -> "ScaleClasses | None":
        """Return the classes of a matrix of codes, or None where they cost more bits than they save.

        The encoder alone asks, and may round.
        """
        if min(codes.shape) == 1 or codes.size < 2 * FEWEST:
            return None
        squares = codes.astype(np.float32)
        np.square(squares, out=squares)
        rows = squares @ np.ones(codes.shape[1], np.float32) / codes.shape[1]
        columns = np.ones(codes.shape[0], np.float32) @ squares / codes.shape[0]
        mean = float(rows.mean(dtype=np.float64))
        plain = gaussian_bits(mean)
        # Scales of rows and of columns together save about what each would by itself.
        if gaussian_bits(rows).mean() + gaussian_bits(columns).mean() > (1 + WORTH) * plain:
            return None
        found = cls(_exponents(rows, 1.0), _exponents(columns, mean or 1.0))
        return found if found.bits + 2 * BITS_OF_CLASS < WORTH * codes.size * plain else None

    @property
    def bits(self) -> float:
        """About how many bits all codes take, and the exponents."""
        rows, row_counts = np.unique(self.rows, return_counts=True)
        columns, column_counts = np.unique(self.columns, return_counts=True)
        variances = 2.0 ** (np.add.outer(rows, columns, dtype=np.float64) * (2 / FINENESS))
        coded = (rows[:, None] > NOTHING) & (columns > NOTHING)
        bits = np.where(coded, gaussian_bits(variances), 0.0)
        return float(row_counts @ bits @ column_counts) + entropy(row_counts) + entropy(column_counts)

    def gather(self, matrix: NDArray[Any]) -> Iterator[NDArray[Any]]:
        """Yield the elements of each class of a matrix in turn, the smallest scale first, each as a flat array."""
        sorted_ = np.take(matrix[self._row_order], self._column_order, axis=1)
        for blocks in self._blocks:
            yield np.concatenate([sorted_[rows, columns].reshape(-1) for rows, columns in blocks])

    def scatter(self, classes: Iterable[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return the matrix of a dtype with the elements of each class in turn, and zeros where none is coded."""
        sorted_ = np.zeros((len(self._row_order) + 1, len(self._column_order) + 1), dtype)
        for blocks, elements in zip(self._blocks, classes, strict=True):
            start = 0
            for rows, columns in blocks:
                block = sorted_[rows, columns]
                block[...] = elements[start : start + block.size].reshape(block.shape)
                start += block.size
        by_row = sorted_[_places(self._row_order, len(self.rows))]
        matrix: NDArray[Any] = np.take(by_row, _places(self._column_order, len(self.columns)), axis=1)
        return matrix

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
        by_row, by_column = _runs(self.rows[self._row_order]), _runs(self.columns[self._column_order])
        for (row, rows), (column, columns) in product(by_row, by_column):
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
        found = np.rint(FINENESS / 2 * np.log2(squares.astype(np.float64) / unit))
    return np.where(squares > 0, np.clip(found, LEAST, MOST), NOTHING).astype(np.int8)


def _order(exponents: NDArray[np.int8]) -> NDArray[np.intp]:
    """Return the places of the exponents in order, those of `NOTHING` left out."""
    order = np.argsort(exponents, kind="stable")
    return order[np.searchsorted(exponents[order], NOTHING, side="right") :]


def _places(order: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return where each row or column is in an order; behind its end, where nothing is, if it is left out."""
    places = np.full(size, len(order))
    places[order] = np.arange(len(order))
    return places


def _runs(exponents: NDArray[np.int8]) -> list[tuple[int, slice]]:
    """Return each exponent of a sorted array, and where it is."""
    values, starts = np.unique(exponents, return_index=True)
    ends = [*starts, len(exponents)][1:]
    return [(int(value), slice(int(a), int(b))) for value, a, b in zip(values, starts, ends, strict=True)]
