"""Exact values for the elements that a codec would not bring back within its bound.

The container around such a codec's stream, integers little-endian::

    CRC-32 u32 | number of exceptions u64 | stream length u64 | stream | exceptions

The exceptions are a zstd frame of one bit an element, set where it is exact, and then the exact values in order;
without any, nothing follows the stream. The CRC covers the dtype and number of elements too, so that a stream which was
altered by accident, or is decoded as another array, never reaches the codec behind it. It keeps out no one who means
harm.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.lossless import ZSTD

PREFIX = struct.Struct("<IQQ")


@dataclass(frozen=True)
class Exceptions:
    """Elements of a flat array that are exact: a mask of shape (elements,) and the values where it is set, in order."""

    mask: NDArray[np.bool_]
    values: NDArray[np.floating]

    def restore(self, flat: NDArray[np.floating]) -> NDArray[np.floating]:
        """Put the exact values into their places in an array, and return it."""
        if self.values.size:
            flat[self.mask] = self.values
        return flat


def beyond(original: NDArray[np.floating], restored: NDArray[np.floating], bound: float) -> NDArray[np.bool_]:
    """Return where two arrays differ by more than ``bound``, in exact arithmetic; NaN and infinities always do.

    The rounded difference is enough wherever it is not the bound itself, because rounding is monotone. There Knuth's
    error term (The Art of Computer Programming 2, section 4.2.2, theorem B) says on which side the exact one lies.
    """
    x, y = original.astype(np.float64), restored.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        difference = x - y
        tie = np.flatnonzero(np.abs(difference) == bound)
        result: NDArray[np.bool_] = ~(np.abs(difference) <= bound)
    x, y, rounded = x[tie], y[tie], difference[tie]
    part = rounded - x
    result[tie] = ((x - (rounded - part)) - (y + part)) * np.sign(rounded) > 0
    return result


def pack(stream: bytes, flat: NDArray[np.floating], exact: NDArray[np.bool_]) -> bytes:
    """Return the container of a stream and of the elements of a flat array that ``exact`` marks."""
    values = flat[exact]
    block = ZSTD.compress(np.packbits(exact).tobytes() + values.tobytes()) if values.size else b""
    lengths = (values.size, len(stream))
    return PREFIX.pack(_checksum(flat.size, flat.dtype, *lengths, stream + block), *lengths) + stream + block


def unpack(data: bytes, size: int, dtype: np.dtype[np.floating]) -> tuple[bytes, Exceptions]:
    """Return the stream and the exceptions of an array of ``size`` elements.

    Raises
    ------
    ValueError
        If the data is not intact or belongs to an array of another size or dtype; before memory is taken for it.
    """
    checksum, count, length = _read_prefix(data, size)
    content = memoryview(data)[PREFIX.size :]
    if checksum != _checksum(size, dtype, count, length, content):
        raise ValueError(f"compressed array's checksum does not match for {size} elements of {dtype}")
    return bytes(content[:length]), _exceptions(content[length:], count, size, dtype)


def peek(data: memoryview, size: int, dtype: np.dtype[np.floating]) -> tuple[memoryview, int]:
    """Return the stream of an array of ``size`` elements, and the most bytes that `unpack` takes.

    Raises
    ------
    ValueError
        If the data announces what an array of that size cannot hold; before memory is taken for it.
    """
    _, count, length = _read_prefix(data, size)
    stream = data[PREFIX.size : PREFIX.size + length]
    return stream, len(stream) + (_bitmap_size(size) + count * dtype.itemsize + size if count else 0)


def _read_prefix(data: bytes | memoryview, size: int) -> tuple[int, int, int]:
    """Return the checksum, the number of exceptions and the length of the stream."""
    if len(data) < PREFIX.size:
        raise ValueError(f"compressed array of {len(data)} bytes is too short to be one")
    checksum, count, length = PREFIX.unpack_from(data)
    if not size or count > size or length > len(data) - PREFIX.size:
        raise ValueError(f"compressed array of {size} elements announces {count} exact values and {length} bytes")
    return checksum, count, length


def _exceptions(block: memoryview, count: int, size: int, dtype: np.dtype[np.floating]) -> Exceptions:
    if not count:
        return Exceptions(np.zeros(0, np.bool_), np.zeros(0, dtype))
    bitmap = _bitmap_size(size)
    raw = ZSTD.decompress(block, bitmap + count * dtype.itemsize)
    mask = np.unpackbits(np.frombuffer(raw, np.uint8, bitmap), count=size).view(np.bool_)
    if np.count_nonzero(mask) != count:
        raise ValueError(f"compressed array does not say where its {count} exact values belong")
    return Exceptions(mask, np.frombuffer(raw, dtype, count, bitmap))


def _bitmap_size(size: int) -> int:
    return -(-size // 8)


def _checksum(size: int, dtype: np.dtype[np.floating], count: int, length: int, content: bytes | memoryview) -> int:
    return zlib.crc32(content, zlib.crc32(f"{dtype.str} {size} {count} {length}".encode()))
