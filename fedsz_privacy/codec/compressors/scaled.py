"""A quantiser with two models of an update behind it: a prediction of low rank, and classes of scale.

Its stream, integers little-endian::

    half a bin f64 | bytes of a code u8 | shift u8 | rank u8 | whether there are classes u8 | whole numbers

The whole numbers (`integers`) are the factors of the prediction, the exponents of rows and columns, and the codes of
each class; or, without classes, all codes in order.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import pack, peek, unpack
from fedsz_privacy.codec.compressors.integers import Reader, write
from fedsz_privacy.codec.compressors.low_rank import LARGEST_SHIFT, LowRank
from fedsz_privacy.codec.compressors.predicting import predict
from fedsz_privacy.codec.compressors.quantising import CODES, Codes, bin_for, greatest_magnitude, quantise, restore
from fedsz_privacy.codec.compressors.scale_classes import ScaleClasses

HEAD = struct.Struct("<dBBBB")
FACTOR, EXPONENT = np.dtype(np.int16), np.dtype(np.int16)


@dataclass(frozen=True)
class Scaled:
    """Codes rint(x / 2b - p), p a prediction of low rank, coded by classes of scale.

    The decoder computes with whole numbers, up to one last product (`quantising`), so the result is the same on every
    processor and for any number of threads. What the encoder makes of an array may differ between processors, in size
    but not in the bound that it keeps. The scale of an element is taken as that of its row times that of its column;
    the elements of one scale share a table. What the codes do not bring back within the bound is kept exactly.

    It is made for updates; on trained weights it saves little (docs/compression.md), and SZ3 is faster.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "scaled"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        return Coded.of(array, bound).stream

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        content, exceptions = unpack(data, math.prod(shape), dtype)
        half_bin, width, shift, rank, classed = _read_head(memoryview(content))
        reader, (rows, columns) = Reader(content[HEAD.size :]), _matrix(shape)
        prediction = _read_prediction(reader, rows, columns, rank, shift)
        codes = (_read_classes if classed else _read_all)(reader, (rows, columns), CODES[width])
        reader.end()
        return exceptions.restore(restore(codes, prediction, half_bin, dtype).reshape(-1)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        stream, taken = peek(data, math.prod(shape), dtype)
        _, width, _, rank, classed = _read_head(stream)
        # The stream three times; codes as they come, twice, sorted, and in their places; the factors, as float64 too.
        aside = (16 * rank + 64 * classed) * sum(_matrix(shape))
        return taken + 3 * len(stream) + (4 if classed else 2) * width * math.prod(shape) + aside


@dataclass(frozen=True)
class Coded:
    """The models that the encoder finds in an array, and the array's codes under them."""

    array: NDArray[np.floating]
    half_bin: float
    prediction: LowRank
    classes: ScaleClasses | None
    codes: Codes
    exact: NDArray[np.bool_]

    @classmethod
    def of(cls, array: NDArray[np.floating], bound: float) -> "Coded":
        """Return the codes of a non-empty float32 or float64 array under a positive absolute bound."""
        matrix = array.reshape(_matrix(array.shape))
        greatest = greatest_magnitude(matrix)
        largest = greatest / bound / 2
        half_bin = bin_for(bound, largest, matrix.dtype)
        prediction = predict(matrix, half_bin, largest)
        codes, exact = quantise(matrix, prediction, half_bin, bound, greatest)
        return cls(array, half_bin, prediction, ScaleClasses.of(codes), codes, exact)

    @property
    def modelled(self) -> bool:
        """Whether a prediction or classes pay; if not, the codes are those of a plain quantiser in one table."""
        return self.prediction.rank > 0 or self.classes is not None

    @property
    def stream(self) -> bytes:
        """The stream that `Scaled` decodes."""
        width, prediction = self.codes.itemsize, self.prediction
        head = HEAD.pack(self.half_bin, width, prediction.shift, prediction.rank, self.classes is not None)
        return pack(head + write(self._numbers()), self.array.reshape(-1), self.exact.reshape(-1))

    def _numbers(self) -> Iterator[NDArray[np.signedinteger]]:
        yield self.prediction.rows.T.reshape(-1)
        yield self.prediction.columns.reshape(-1)
        if self.classes is None:
            yield self.codes.reshape(-1)
            return
        yield np.concatenate([self.classes.rows, self.classes.columns]).astype(EXPONENT)
        yield from self.classes.gather(self.codes)


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the rows and columns of an array: its first axis, and all others; one of a single axis is one row."""
    return (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))


def _read_prediction(reader: Reader, rows: int, columns: int, rank: int, shift: int) -> LowRank:
    left, right = reader.read(rank * rows, FACTOR), reader.read(rank * columns, FACTOR)
    return LowRank(left.reshape(rank, rows).T, right.reshape(rank, columns), shift)


def _read_all(reader: Reader, shape: tuple[int, int], dtype: np.dtype[np.signedinteger]) -> Codes:
    return reader.read(math.prod(shape), dtype).reshape(shape)


def _read_classes(reader: Reader, shape: tuple[int, int], dtype: np.dtype[np.signedinteger]) -> Codes:
    exponents = reader.read(sum(shape), EXPONENT).astype(np.int8)
    classes = ScaleClasses(exponents[: shape[0]], exponents[shape[0] :])
    return classes.scatter((reader.read(size, dtype) for size in classes.sizes), dtype)


def _read_head(stream: memoryview) -> tuple[float, int, int, int, bool]:
    """Return half a bin, the bytes of a code, the shift, the rank, and whether there are classes."""
    if len(stream) < HEAD.size:
        raise ValueError("not scaled codes: they have no head")
    half_bin, width, shift, rank, classed = HEAD.unpack_from(stream)
    if not (math.isfinite(half_bin) and half_bin > 0) or width not in CODES or shift > LARGEST_SHIFT:
        raise ValueError(f"not scaled codes: error bound {half_bin}, codes of {width} bytes, shift {shift}")
    return half_bin, width, shift, rank, bool(classed)
