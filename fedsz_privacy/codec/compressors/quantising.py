"""Codes of a matrix less its prediction, and values from codes: whole numbers, and one rounding at the end.

In bins of twice a bound b, an element x has the code rint(x / 2b - p), where p = P / 2**s and P, an element of the
prediction's ``rows @ columns``, is a whole number. It comes back as the product of code + p and 2b. The sum is a whole
number over 2**s and exact, so only the product is rounded, to the array's dtype, and the values are the same on every
processor.

Where 2**s code + P stays below 2**24 and 2b is a float32, float32 is exact enough, and half the work: a product of two
such numbers is exact in float64, so rounding it from there gives what float32 gives. Which of them computes does not
show in the values.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond
from fedsz_privacy.codec.compressors.low_rank import LowRank
from fedsz_privacy.codec.compressors.scaling import greatest_within

Array = NDArray[np.floating]
Codes = NDArray[np.signedinteger]
Float = np.dtype[np.floating]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
CODES = {width: np.dtype(f"i{width}") for width in (1, 2, 4)}
LARGEST_CODES = {dtype: int(np.iinfo(dtype).max) for dtype in CODES.values()}
LARGEST_CODE = max(LARGEST_CODES.values())

EXACT = 2**24
"""Whole numbers up to here are exact in float32."""

LARGEST_BOUND = 2.0**1000
"""Everything is kept exactly from here on, rather than that twice the bound overflows."""

FINE = 2.0**10
"""Greatest magnitude, in bins, of what is quantised in float32."""

ROUNDING = 2.0**-21
"""What float32 adds to an error by rounding, at most, as a share of the greatest magnitude."""

TILE, TILE_WIDTH = 2**15, 2**13
"""Elements that are worked on at a time, and of one row among them, so few that they stay in a processor's cache, and
that the linear algebra below NumPy takes no threads for their products. Whole rows are best: they lie side by side."""


def greatest_magnitude(array: Array | Codes) -> float:
    """Return the greatest magnitude of a non-empty array; NaN or infinite if an element is."""
    return max(abs(float(array.min())), abs(float(array.max())))


def bin_for(bound: float, largest: float, dtype: Float) -> float:
    """Return the bound that bins are made of: a float32, by float32's rounding errors smaller, where that computes."""
    if dtype == FLOAT32 and largest <= FINE:
        smaller = greatest_within(bound * (1 - largest * ROUNDING), dtype)
        if smaller >= np.finfo(dtype).tiny:
            return smaller
    return bound


@np.errstate(over="ignore", invalid="ignore")
def quantise(
    matrix: Array, prediction: LowRank, half_bin: float, bound: float, greatest: float
) -> tuple[Codes, NDArray[np.bool_]]:
    """Return the codes of a matrix, and which elements they do not bring back within an error bound.

    Parameters
    ----------
    matrix : float array, shape (rows, columns)
    prediction : LowRank
    half_bin, bound : float
        What bins are made of, and what they have to keep.
    greatest : float
        The matrix' `greatest_magnitude`.
    """
    largest = greatest / half_bin / 2 + prediction.greatest / 2**prediction.shift + 1
    codes = np.empty(matrix.shape, _narrowest(largest))
    exact = np.zeros(matrix.shape, np.bool_)
    working = _working(prediction, largest, half_bin, matrix.dtype) if largest <= 2 * FINE else FLOAT64
    limit = matrix.dtype.type(greatest_within(bound, matrix.dtype))
    for tile, predicted in _tiles(prediction, working):
        values = matrix[tile]
        codes[tile] = found = _codes(values, predicted, half_bin, working)
        errors = _values(found, predicted, half_bin, values.dtype)
        errors -= values
        # Rounding is monotone: a rounded difference below the limit is one of an exact difference below it.
        if not (errors.max() < limit and -errors.min() < limit and largest <= LARGEST_CODE):
            codes[tile], exact[tile] = _with_exceptions(values, predicted, half_bin, bound, working)
    return codes if codes.itemsize == 1 else codes.astype(_narrowest(greatest_magnitude(codes)), copy=False), exact


@np.errstate(over="ignore", invalid="ignore")
def restore(codes: Codes, prediction: LowRank, half_bin: float, dtype: Float) -> Array:
    """Return the values of codes, as an array of a dtype."""
    values = np.empty(codes.shape, dtype)
    largest = max(-int(codes.min()), int(codes.max()))
    working = _working(prediction, largest, half_bin, dtype)
    for tile, predicted in _tiles(prediction, working):
        values[tile] = _values(codes[tile].astype(working), predicted, half_bin, dtype)
    return values


def _narrowest(largest: float) -> np.dtype[np.signedinteger]:
    """Return the type of codes up to the largest."""
    return next((dtype for dtype, most in LARGEST_CODES.items() if largest <= most), CODES[4])


def _working(prediction: LowRank, largest: float, half_bin: float, dtype: Float) -> Float:
    """Return float32 where it gives what float64 gives, for codes up to the largest."""
    small = largest * 2.0**prediction.shift + prediction.greatest <= EXACT
    return FLOAT32 if dtype == FLOAT32 and small and _is_float32(_unit(half_bin, prediction.shift)) else FLOAT64


def _is_float32(number: float) -> bool:
    info = np.finfo(np.float32)
    return bool(float(info.tiny) <= number <= float(info.max)) and float(np.float32(number)) == number


def _unit(half_bin: float, shift: int) -> float:
    """Return a bin over ``2**shift``: what the whole numbers are multiples of."""
    return math.ldexp(half_bin, 1 - shift) if half_bin < LARGEST_BOUND else math.inf


def _tiles(prediction: LowRank, working: Float) -> Iterator[tuple[tuple[slice, slice], Array | None]]:
    """Yield where the tiles of a matrix are, and the prediction there, in bins; None where it is 0."""
    left, right = prediction.factors(working)
    rows, columns = len(left), right.shape[1]
    parts = -(-columns // (TILE_WIDTH if rows > 1 else TILE))
    width = -(-columns // parts)
    height = max(1, TILE // width)
    for row in range(0, rows, height):
        for column in range(0, columns, width):
            tile = slice(row, row + height), slice(column, column + width)
            yield tile, left[tile[0]] @ right[:, tile[1]] if prediction.rank else None


def _codes(values: Array, predicted: Array | None, half_bin: float, working: Float) -> Array:
    """Return the codes of a tile, as whole floats; NaN where there are none."""
    found: Array = np.divide(values, working.type(2 * half_bin), dtype=working)
    if predicted is not None:
        found -= predicted
    return np.rint(found, out=found)


def _values(codes: Array, predicted: Array | None, half_bin: float, dtype: Float) -> Array:
    """Return what codes stand for, given as whole floats: in their place, where their dtype is the one asked for."""
    if predicted is not None:
        codes += predicted
    codes *= codes.dtype.type(_unit(half_bin, 0))
    return codes.astype(dtype, copy=False)


def _with_exceptions(
    values: Array, predicted: Array | None, half_bin: float, bound: float, working: Float
) -> tuple[Array, NDArray[np.bool_]]:
    """Return the codes of a tile as whole floats, and which elements they do not bring back within the bound."""
    found = _codes(values, predicted, half_bin, working)
    codes = np.where(np.abs(found) <= LARGEST_CODE, found, 0)
    restored = _values(codes.copy(), predicted, half_bin, values.dtype)
    exact = beyond(values.reshape(-1), restored.reshape(-1), bound).reshape(values.shape)
    return np.where(exact, 0, codes), exact
