"""The stream that SZ3 3.4 writes, checked before SZ3's decoder reads it.

Layout, integers little-endian::

    magic u32 | data version u32 | payload length u64 | payload | configuration

The payload is a size u64 and one zstd frame that holds so many bytes: the array itself where SZ3 found nothing better,
and without prediction these::

    2 u8 | error bound f64 | radius i32 | number of exact values u64 | exact values
    symbols u32 | least symbol i32 | code table | elements u64 | number of bits u64 | bits

The code table of more than one symbol is a row of Elias gamma codes, one for the first code's length and two for each
further symbol: how far it lies from the last, and how much longer its code is. SZ3's decoder keeps within its memory,
but takes as much of it as these numbers say; the same fields of a stream with prediction lie behind more code tables
and are not checked here.
"""

import math
import re
import struct
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np
import zstandard

from fedsz_privacy.codec.lossless import ZSTD

MAGIC, DATA_VERSION = 0xF342F310, 0x03040000
HEAD, SIZE = struct.Struct("<IIQ"), struct.Struct("<Q")
SETTINGS = struct.Struct("<BBdBBiiB")
ABSOLUTE, OPENMP, QUANTISATION_BINS = 0, 0b1000, 2**16
QUANTISER, SYMBOLS, CODES = struct.Struct("<BdiQ"), struct.Struct("<Ii"), struct.Struct("<QQ")
LINEAR, RADIUS = 2, QUANTISATION_BINS // 2

LORENZO_REG, INTERP, NOPRED, LOSSLESS = 0, 2, 3, 4
"""Algorithms as the configuration names them; interp_lorenzo picks one of the first two for each array."""

MOST_ELEMENTS = 2**63 - 1

UNCOUNTED = 2**19
"""Bytes of a payload up to which its elements need no counting: SZ3 reads no more of them than it has bits, so that
their codes take 16 MiB at most; and where they are few, reading the code table takes as long as decoding."""

LONGEST_GAMMA, RUN = 32, 16
GAMMA_CODE = re.compile("|".join("0" * zeros + "1" + "." * zeros for zeros in range(LONGEST_GAMMA)))
GAMMA_CODES = re.compile(f"(?:{GAMMA_CODE.pattern}){{{RUN}}}+")

TABLE_BYTES = 6
"""Most bytes of the code table for a symbol: 33 bits of distance and 15 of length."""

MOST_BYTES = {NOPRED: (64, 8), LORENZO_REG: (4096, 24), INTERP: (4096, 24)}
"""Most bytes that a payload holds beside the values: so many, and so many an element."""


class Stream(NamedTuple):
    """The outer parts of a stream: the algorithm and error bound, and the zstd frame with the size it announces."""

    algorithm: int
    bound: float
    packed: memoryview
    size: int
    elements: int
    itemsize: int

    @property
    def memory(self) -> int:
        """Most bytes that decoding takes beside the array: payload, exact values, codes, and Lorenzo's own array."""
        if self.algorithm == LOSSLESS:
            return 0
        each = 4 + (self.itemsize if self.algorithm == LORENZO_REG else 0)
        return 2 * self.size + each * self.elements


def read(data: memoryview, grid: tuple[int, ...], dtype: np.dtype[np.floating], trusted: frozenset[int]) -> Stream:
    """Return the outer parts of the stream of an array of one to four axes.

    Raises
    ------
    ValueError
        If SZ3 would not have written them for such an array, or the algorithm is not one of ``trusted``. No memory is
        taken before.
    """
    if len(data) < HEAD.size + SIZE.size or not 0 < math.prod(grid) <= MOST_ELEMENTS:
        raise ValueError(f"not an SZ3 stream of an array of shape {grid}: {len(data)} bytes")
    magic, version, length = HEAD.unpack_from(data)
    if (magic, version) != (MAGIC, DATA_VERSION):
        raise ValueError(
            f"not an SZ3 stream of data version {DATA_VERSION:#x}: it starts with {magic:#x}, {version:#x}"
        )
    algorithm, bound = _read_configuration(data[HEAD.size + length :], grid)
    if algorithm not in trusted:
        raise ValueError(
            f"SZ3 stream by algorithm {algorithm}, which is not trusted: name it as the compressor to decode"
        )
    (size,), packed = SIZE.unpack_from(data, HEAD.size), data[HEAD.size + SIZE.size : HEAD.size + length]
    stream = Stream(algorithm, bound, packed, size, math.prod(grid), dtype.itemsize)
    _require_size(stream)
    return stream


def _read_configuration(data: memoryview, grid: tuple[int, ...]) -> tuple[int, float]:
    """Return the algorithm and error bound of a configuration that says what SZ3 writes for such an array."""
    expected = _axes(grid)
    if len(data) != len(expected) + SETTINGS.size or data[: len(expected)] != expected:
        raise ValueError(f"not an SZ3 stream of an array of shape {grid}")
    algorithm, mode, bound, flags, _, bins, _, _ = SETTINGS.unpack_from(data, len(expected))
    if mode != ABSOLUTE or not 0 < bound < math.inf or flags & OPENMP or bins != QUANTISATION_BINS:
        raise ValueError("not an SZ3 stream under an absolute error bound")
    return algorithm, bound


@lru_cache(maxsize=1024)
def _axes(grid: tuple[int, ...]) -> bytes:
    """Return what a configuration says of an array's shape, after its own length: SZ3 leaves axes of one out."""
    axes = [size for size in grid if size > 1] or [1]
    width = max(axes).bit_length()
    packed = sum(size << width * place for place, size in enumerate(axes))
    sizes = packed.to_bytes(-(-width * len(axes) // 8), "little")
    content = bytes([len(axes), width]) + sizes + SIZE.pack(math.prod(axes))
    return bytes([1 + len(content) + SETTINGS.size]) + content


def _require_size(stream: Stream) -> None:
    values = stream.elements * stream.itemsize
    most, each = MOST_BYTES.get(stream.algorithm, (0, 0))
    least = values if stream.algorithm == LOSSLESS else 0
    if not least <= stream.size <= most + values + each * stream.elements or _held(stream.packed) != stream.size:
        raise ValueError(f"SZ3 stream of {stream.elements} elements announces {stream.size} bytes")


def _held(packed: memoryview) -> int:
    try:
        return zstandard.frame_content_size(packed)
    except zstandard.ZstdError as error:
        raise ValueError(f"not an SZ3 stream: {error}") from error


def require_counts(stream: Stream) -> None:
    """Raise ValueError unless the payload of a stream without prediction counts as many elements as the array has.

    The payload is decompressed for that, which takes the memory of its size.
    """
    payload = ZSTD.decompress(stream.packed, stream.size)
    try:
        kind, bound, radius, exact = QUANTISER.unpack_from(payload)
        table = QUANTISER.size + exact * stream.itemsize + SYMBOLS.size
        symbols, _ = SYMBOLS.unpack_from(payload, table - SYMBOLS.size)
        usual = (kind, bound, radius) == (LINEAR, stream.bound, RADIUS)
        if not (usual and exact <= stream.elements and 1 <= symbols <= min(stream.elements, QUANTISATION_BINS)):
            raise ValueError("not what SZ3 writes without prediction")
        if symbols > 1 and stream.size <= UNCOUNTED:
            return
        codes = table + _table_size(payload[table : table + TABLE_BYTES * symbols], symbols)
        elements, bits = CODES.unpack_from(payload, codes)
    except (struct.error, OverflowError) as error:
        raise ValueError("SZ3 stream ends before its codes") from error
    if elements != stream.elements or codes + CODES.size + -(-bits // 8) != stream.size:
        raise ValueError(f"SZ3 stream of {stream.elements} elements has {bits} bits for {elements}")


def _table_size(data: bytes, symbols: int) -> int:
    """Return the bytes of the code table at the start of some data.

    An Elias gamma code is as many zeros as there are bits behind the one that follows them.
    """
    if symbols == 1:
        return 0
    bits, position = bin(int.from_bytes(b"\1" + data))[3:], 0
    runs, rest = divmod(2 * symbols - 1, RUN)
    for codes in (*repeat(GAMMA_CODES, runs), *repeat(GAMMA_CODE, rest)):
        if not (found := codes.match(bits, position)):
            raise ValueError("SZ3 stream's code table ends before its last symbol")
        position = found.end()
    return -(-position // 8)
