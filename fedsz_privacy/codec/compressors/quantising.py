"""Codes of a matrix less its prediction, and values from codes: whole numbers, and one rounding at the end.

In bins of twice a bound b, an element x has the code rint(x / 2b - p), where p = P / 2**s and P, an element of the
prediction's ``rows @ columns``, is a whole number. It comes back as the product of 2**s code + P and 2**-s 2b. The sum
is exact, so only the product is rounded, to the array's dtype, and the values are the same on every processor.

Where the sum stays below 2**24 and 2**-s 2b is a float32, float32 is exact enough, and half the work: a product of two
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
CODES = {width: np.dtype(f"i{width}") for width in (2, 4)}
LARGEST_CODE = np.iinfo(np.int32).max

EXACT = 2**24
"""Whole numbers up to here are exact in float32."""

LARGEST_BOUND = 2.0**1000
"""Everything is kept exactly from here on, rather than that twice the bound overflows."""

FINE = 2.0**10
"""Greatest magnitude, in bins, of what is quantised in float32."""

ROUNDING = 2.0**-21
"""What float32 adds to an error by rounding, at most, as a share of the greatest magnitude."""

TILE, TILE_WIDTH = 2**14, 512
"""Elements that are worked on at a time, and of one row among them, so few that they stay in a processor's cache, and
that the linear algebra below NumPy takes no threads for their products."""


def magnitude(matrix: Array, bound: float) -> float:
    """Return the greatest magnitude of a matrix in bins of an error bound; NaN or infinite if an element is."""
    with np.errstate(over="ignore"):
        return max(abs(float(matrix.min())), abs(float(matrix.max()))) / bound / 2


def bin_for(bound: float, largest: float, dtype: Float) -> float:
    """Return the bound that bins are made of: a float32, by float32's rounding errors smaller, where that computes."""
    if dtype == FLOAT32 and largest <= FINE:
        smaller = greatest_within(bound * (1 - largest * ROUNDING), dtype)
        if smaller >= np.finfo(dtype).tiny:
            return smaller
    return bound


def quantise(matrix: Array, prediction: LowRank, half_bin: float, bound: float) -> tuple[Codes, NDArray[np.bool_]]:
    """Return the codes of a matrix, and which elements they do not bring back within an error bound."""
    largest = magnitude(matrix, half_bin) + prediction.greatest / 2**prediction.shift + 1
    codes = np.empty(matrix.shape, CODES[2 if largest <= np.iinfo(CODES[2]).max else 4])
    exact = np.zeros(matrix.shape, np.bool_)
    working = _working(prediction, largest, half_bin, matrix.dtype) if largest <= 2 * FINE else FLOAT64
    limit = matrix.dtype.type(greatest_within(bound, matrix.dtype))
    for tile, whole in _tiles(prediction, working):
        values = matrix[tile]
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.divide(values, working.type(2 * half_bin), dtype=working)
            found -= whole * working.type(2.0**-prediction.shift)
            np.rint(found, out=found)
            errors = values - _values(found, whole, prediction.shift, half_bin, values.dtype)
        # Rounding is monotone: a rounded difference below the limit is one of an exact difference below it.
        if errors.max() < limit and -errors.min() < limit and largest <= LARGEST_CODE:
            codes[tile] = found
        else:
            codes[tile], exact[tile] = _with_exceptions(values, found, whole, prediction.shift, half_bin, bound)
    return codes, exact


def restore(codes: Codes, prediction: LowRank, half_bin: float, dtype: Float) -> Array:
    """Return the values of codes, as an array of a dtype."""
    values = np.empty(codes.shape, dtype)
    largest = max(-int(codes.min()), int(codes.max()))
    for tile, whole in _tiles(prediction, _working(prediction, largest, half_bin, dtype)):
        values[tile] = _values(codes[tile], whole, prediction.shift, half_bin, dtype)
    return values


def _working(prediction: LowRank, largest: float, half_bin: float, dtype: Float) -> Float:
    """Return float32 where it gives what float64 gives, for codes up to the largest."""
    small = largest * 2.0**prediction.shift + prediction.greatest <= EXACT
    return FLOAT32 if dtype == FLOAT32 and small and _is_float32(_unit(half_bin, prediction.shift)) else FLOAT64


def _is_float32(number: float) -> bool:
    info = np.finfo(np.float32)
    return bool(float(info.tiny) <= number <= float(info.max)) and float(np.float32(number)) == number


def _unit(half_bin: float, shift: int) -> float:
    """Return what the whole numbers are multiples of."""
    return math.ldexp(half_bin, 1 - shift) if half_bin < LARGEST_BOUND else math.inf


def _tiles(prediction: LowRank, working: Float) -> Iterator[tuple[tuple[slice, slice], Array]]:
    """Yield where the tiles of a matrix are, and the prediction's whole numbers there, or a single 0."""
    left, right = prediction.factors(working)
    rows, columns = len(left), right.shape[1]
    width = min(columns, TILE_WIDTH) if rows > 1 else min(columns, TILE)
    height = max(1, TILE // width)
    for row in range(0, rows, height):
        for column in range(0, columns, width):
            tile = slice(row, row + height), slice(column, column + width)
            yield tile, left[tile[0]] @ right[:, tile[1]] if prediction.rank else np.zeros((), working)


def _values(codes: NDArray[np.generic], whole: Array, shift: int, half_bin: float, dtype: Float) -> Array:
    """Return what codes and the whole numbers of their prediction stand for."""
    working = whole.dtype
    with np.errstate(over="ignore", invalid="ignore"):
        total: Array = np.multiply(codes, working.type(2.0**shift), dtype=working)
        total += whole
        total *= working.type(_unit(half_bin, shift))
        return total.astype(dtype, copy=False)


def _with_exceptions(
    values: Array, found: Array, whole: Array, shift: int, half_bin: float, bound: float
) -> tuple[Array, NDArray[np.bool_]]:
    """Return the codes of a tile as whole floats, and which elements they do not bring back within the bound."""
    codes = np.where(np.abs(found) <= LARGEST_CODE, found, 0)
    restored = _values(codes, whole, shift, half_bin, values.dtype)
    exact = beyond(values.reshape(-1), restored.reshape(-1), bound).reshape(values.shape)
    return np.where(exact, 0, codes), exact
