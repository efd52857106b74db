"""A quantiser whose codes are coded by classes of scale, for updates: smaller than SZ3 where rows and columns differ.

Its stream, integers little-endian::

    error bound f64 | raw digits u8 | classes u16 | bytes of the exponents u32 | exponents | models | words u32

The exponents are a zstd frame of one byte for each row and column. A model is a byte for each class: its shape, and the
index of its scale. The words are those of constriction's ANS coder, a stack: the first class is on top.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import constriction
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack
from fedsz_privacy.codec.compressors.integer_models import ClassModel
from fedsz_privacy.codec.compressors.quantiser import codes_of, values_of
from fedsz_privacy.codec.compressors.scale_classes import ScaleClasses
from fedsz_privacy.codec.lossless import ZSTD

HEAD = struct.Struct("<dBHI")
WORD = np.dtype("<u4")
LARGEST_MODELLED = 8
"""Digits of the largest scale that are modelled."""

LARGEST_RAW = 24
"""Most raw digits of a code: what is left of 32 are coded."""


@dataclass(frozen=True)
class Scaled:
    """Codes rint(x / 2b), coded by classes of scale with an asymmetric-numeral-systems coder (Duda, arXiv 1311.2540).

    The scale of an element is taken as that of its row times that of its column (`ScaleClasses`). Within a class codes
    are close to Gaussian, so each class names one distribution of `integer_models`, and no table is sent. Digits below
    1/256 of the largest scale are as good as random, and are sent raw. What a distribution does not reach, and what the
    quantiser does not bring back within its bound, is kept exactly.

    The decoder computes with whole numbers alone, up to the one product of a code and twice the bound.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "scaled"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        flat = array.reshape(-1)
        whole = codes_of(flat, bound)
        exact = beyond(flat, values_of(whole, bound, flat.dtype), bound)
        codes = np.where(exact, 0, whole).astype(np.int32).reshape(_matrix(array.shape))
        classes = ScaleClasses.of(codes)
        parts = list(classes.gather(codes))
        digits = _raw_digits(parts)
        models = [ClassModel.of(part >> digits) for part in parts]
        far = np.zeros(codes.shape, np.bool_)
        classes.scatter([each.misses(part >> digits) for each, part in zip(models, parts, strict=True)], far)
        exponents = ZSTD.compress(classes.to_bytes())
        head = HEAD.pack(bound, digits, len(models), len(exponents))
        named = bytes(each.to_byte() for each in models)
        words = _to_words(parts, models, digits)
        return pack(head + exponents + named + words, flat, exact | far.reshape(-1))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        content, exceptions = unpack(data, math.prod(shape), dtype)
        stream = memoryview(content)
        bound, digits, count, length = _read_head(stream)
        rows, columns = _matrix(shape)
        classes = ScaleClasses.from_bytes(ZSTD.decompress(stream[HEAD.size : HEAD.size + length], rows + columns), rows)
        models = [ClassModel.from_byte(byte) for byte in stream[HEAD.size + length : HEAD.size + length + count]]
        if len(models) != len(classes.sizes):
            raise ValueError(f"not scaled codes: {len(models)} models of {len(classes.sizes)} classes")
        codes = np.zeros((rows, columns), np.int32)
        parts = _from_words(stream[HEAD.size + length + count :], classes.sizes, models, digits)
        classes.scatter(parts, codes)
        return exceptions.restore(values_of(codes.reshape(-1), bound, dtype)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        size = math.prod(shape)
        stream, taken = peek(data, size, dtype)
        _read_head(stream)
        # Codes as they come, sorted, in their places, and while one class is put together; and their words.
        return taken + 2 * len(stream) + 5 * size * np.dtype(np.int32).itemsize + 64 * sum(_matrix(shape))


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return the rows and columns of an array: its first axis, and all others; one of a single axis is one row."""
    return (shape[0], math.prod(shape[1:])) if len(shape) > 1 else (1, math.prod(shape))


def _read_head(stream: memoryview) -> tuple[float, int, int, int]:
    """Return the error bound, the raw digits, the number of classes and the bytes of the exponents."""
    if len(stream) < HEAD.size:
        raise ValueError("not scaled codes: they have no head")
    bound, digits, count, length = HEAD.unpack_from(stream)
    rest = len(stream) - HEAD.size - length - count
    if not (math.isfinite(bound) and bound > 0) or digits > LARGEST_RAW or rest < 0 or rest % WORD.itemsize:
        raise ValueError(f"not scaled codes: error bound {bound}, {digits} raw digits, {rest} bytes of words")
    return bound, digits, count, length


def _raw_digits(parts: list[NDArray[np.int32]]) -> int:
    """Return how many digits of each code leave raw, so that no scale is above the greatest of a model."""
    largest = max((float(np.square(part, dtype=np.float64).mean()) for part in parts), default=0.0)
    return min(LARGEST_RAW, max(0, math.ceil(math.log2(largest) / 2) - LARGEST_MODELLED)) if largest > 1 else 0


def _to_words(parts: list[NDArray[np.int32]], models: list[ClassModel], digits: int) -> bytes:
    coder = constriction.stream.stack.AnsCoder()
    for part, each in zip(reversed(parts), reversed(models), strict=True):
        codes = part >> digits
        low = np.where(each.misses(codes), 0, part - (codes << digits)).astype(np.int32)
        if digits:
            coder.encode_reverse(low, constriction.stream.model.Uniform(1 << digits))
        coder.encode_reverse(each.symbols(codes), each.coded_by)
    return np.asarray(coder.get_compressed(), np.uint32).astype(WORD).tobytes()


def _from_words(
    words: memoryview, sizes: list[int], models: list[ClassModel], digits: int
) -> Iterator[NDArray[np.int32]]:
    coder = constriction.stream.stack.AnsCoder(np.frombuffer(words, WORD).astype(np.uint32))
    for size, each in zip(sizes, models, strict=True):
        codes = each.codes(coder.decode(each.coded_by, size))
        yield (codes << digits) + coder.decode(constriction.stream.model.Uniform(1 << digits), size) if digits else codes
