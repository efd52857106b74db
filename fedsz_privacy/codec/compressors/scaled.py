"""A quantiser with two models of an update behind it: a prediction of low rank, and classes of scale.

Its stream, integers little-endian::

    error bound f64 | bytes of a code u8 | shift u8 | rank u8 | whether there are classes u8 | whole numbers

The whole numbers (`integers`) are the factors of the prediction, the exponents of rows and columns, and the codes of
each class; or, without classes, all codes in order.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack
from fedsz_privacy.codec.compressors.integers import Reader, write
from fedsz_privacy.codec.compressors.low_rank import LARGEST_SHIFT, LowRank
from fedsz_privacy.codec.compressors.predicting import predict
from fedsz_privacy.codec.compressors.scale_classes import ScaleClasses, pays
from fedsz_privacy.core.threads import one_blas_thread

HEAD = struct.Struct("<dBBBB")
CODES = {width: np.dtype(f"i{width}") for width in (2, 4)}
LARGEST_CODE = np.iinfo(np.int32).max
FACTOR, EXPONENT = np.dtype(np.int16), np.dtype(np.int16)
LARGEST_BOUND = 2.0**1000
"""Everything is exact from here on, rather than that twice the bound overflows."""

TILE = 2**14
"""Elements that are worked on at a time, so that they stay in a processor's cache."""


@dataclass(frozen=True)
class Scaled:
    """Codes rint(x / 2b - p), p a prediction of low rank, coded by classes of scale.

    An element comes back as (2**s code + P) times 2**-s 2b, where p = P / 2**s and P is a whole number. So the decoder
    computes with whole numbers alone, up to this one product, and the result is the same on every processor. The scale
    of an element is taken as that of its row times that of its column; the elements of one scale share a table. What
    the quantiser does not bring back within its bound is kept exactly.

    It is made for updates; on trained weights it saves little (docs/compression.md), and SZ3 is faster.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "scaled"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        matrix = array.reshape(_matrix(array.shape))
        codes, exact = np.empty(matrix.shape, np.int32), np.empty(matrix.shape, np.bool_)
        with one_blas_thread():
            prediction = predict(matrix, bound)
            for tile in _tiles(matrix.shape):
                codes[tile], exact[tile] = _quantise(matrix[tile], prediction.part(*tile), prediction.shift, bound)
        width = 2 if _fits(codes, CODES[2]) else 4
        codes = codes.astype(CODES[width], copy=False)
        classes = ScaleClasses.of(codes) if pays(codes) else None
        head = HEAD.pack(bound, width, prediction.shift, prediction.rank, classes is not None)
        return pack(head + write(_parts(prediction, classes, codes)), array.reshape(-1), exact.reshape(-1))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        content, exceptions = unpack(data, math.prod(shape), dtype)
        bound, width, shift, rank, classed = _read_head(memoryview(content))
        reader, (rows, columns) = Reader(content[HEAD.size :]), _matrix(shape)
        prediction = _read_prediction(reader, rows, columns, rank, shift)
        codes = (_read_classes if classed else _read_all)(reader, (rows, columns), CODES[width])
        reader.end()
        values = np.empty(codes.shape, dtype)
        with one_blas_thread():
            for tile in _tiles(codes.shape):
                values[tile] = _values(codes[tile], prediction.part(*tile), shift, bound, dtype)
        return exceptions.restore(values.reshape(-1)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        stream, taken = peek(data, math.prod(shape), dtype)
        _, width, _, rank, classed = _read_head(stream)
        # The stream three times; codes as they come, sorted, and in their places; the factors, as float64 too.
        aside = (16 * rank + 64 * classed) * sum(_matrix(shape))
        return taken + 3 * len(stream) + (4 if classed else 1) * width * math.prod(shape) + aside


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the rows and columns of an array: its first axis, and all others; one of a single axis is one row."""
    return (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))


def _tiles(shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Yield where the tiles of a matrix are, of a few rows each, or of parts of a long one."""
    height, width = max(1, TILE // shape[1]), min(TILE, shape[1])
    for row in range(0, shape[0], height):
        for column in range(0, shape[1], width):
            yield slice(row, row + height), slice(column, column + width)


def _quantise(
    values: NDArray[np.floating], whole: NDArray[np.float64], shift: int, bound: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | np.bool_]:
    """Return the codes of a tile as whole floats, and which of the elements are to be kept exactly."""
    with np.errstate(over="ignore", invalid="ignore"):
        codes = np.divide(values, 2 * bound, dtype=np.float64)
        codes -= whole * 2.0**-shift
        np.rint(codes, out=codes)
        restored = _values(codes, whole, shift, bound, values.dtype)
        # Rounding is monotone: a rounded difference below the bound is one of an exact difference below it.
        if (
            np.abs(np.subtract(values, restored, dtype=np.float64)).max() < bound
            and np.abs(codes).max() <= LARGEST_CODE
        ):
            return codes, np.False_
    codes = np.where(np.abs(codes) <= LARGEST_CODE, codes, 0.0)
    restored = _values(codes, whole, shift, bound, values.dtype)
    exact = beyond(values.reshape(-1), restored.reshape(-1), bound).reshape(values.shape)
    return np.where(exact, 0.0, codes), exact


def _values(
    codes: NDArray[np.generic], whole: NDArray[np.float64], shift: int, bound: float, dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    """Return what codes and the products of the prediction stand for: a sum that is exact, and one rounded product."""
    total = codes.astype(np.float64)
    total *= 2.0**shift
    total += whole
    with np.errstate(over="ignore", invalid="ignore"):
        total *= math.ldexp(bound, 1 - shift) if bound < LARGEST_BOUND else np.inf
        return total.astype(dtype)


def _fits(codes: NDArray[np.int32], dtype: np.dtype[np.signedinteger]) -> bool:
    info = np.iinfo(dtype)
    return bool(info.min <= codes.min() and codes.max() <= info.max)


def _parts(
    prediction: LowRank, classes: ScaleClasses | None, codes: NDArray[np.signedinteger]
) -> Iterator[NDArray[np.signedinteger]]:
    """Yield the whole numbers of a stream."""
    yield prediction.rows.T.reshape(-1)
    yield prediction.columns.reshape(-1)
    if classes is None:
        yield codes.reshape(-1)
        return
    yield np.concatenate([classes.rows, classes.columns]).astype(EXPONENT)
    yield from classes.gather(codes)


def _read_prediction(reader: Reader, rows: int, columns: int, rank: int, shift: int) -> LowRank:
    left, right = reader.read(rank * rows, FACTOR), reader.read(rank * columns, FACTOR)
    return LowRank(left.reshape(rank, rows).T, right.reshape(rank, columns), shift)


def _read_all(reader: Reader, shape: tuple[int, int], dtype: np.dtype[np.signedinteger]) -> NDArray[np.signedinteger]:
    return reader.read(math.prod(shape), dtype).reshape(shape)


def _read_classes(
    reader: Reader, shape: tuple[int, int], dtype: np.dtype[np.signedinteger]
) -> NDArray[np.signedinteger]:
    exponents, codes = reader.read(sum(shape), EXPONENT).astype(np.int8), np.zeros(shape, dtype)
    classes = ScaleClasses(exponents[: shape[0]], exponents[shape[0] :])
    classes.scatter((reader.read(size, dtype) for size in classes.sizes), codes)
    return codes


def _read_head(stream: memoryview) -> tuple[float, int, int, int, bool]:
    """Return the error bound, the bytes of a code, the shift, the rank, and whether there are classes."""
    if len(stream) < HEAD.size:
        raise ValueError("not scaled codes: they have no head")
    bound, width, shift, rank, classed = HEAD.unpack_from(stream)
    if not (math.isfinite(bound) and bound > 0) or width not in CODES or shift > LARGEST_SHIFT:
        raise ValueError(f"not scaled codes: error bound {bound}, codes of {width} bytes, shift {shift}")
    return bound, width, shift, rank, bool(classed)
