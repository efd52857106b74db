"""SZx (Yu et al., HPDC 2022), written from its published description in vectorised NumPy: no package has it.

A block of 128 values whose radius lies within the bound is constant, and one value stands for it. In another block each
value, less the block's middle, keeps the leading bits that the bound asks for, shifted right to whole bytes; the bytes
that it shares with the value before it are left out, and two bits say how many.

It differs from the authors' SZx: the stream is laid out by kind, not by block; shared bytes are counted from the first
value of each block on, so that blocks are independent; and the bound is certain, because the encoder decodes what it
sends and keeps exactly what lies beyond. NumPy is slower than their C, so rates say nothing of theirs.

Its stream: constant blocks, a bit each | middles | bits kept, a byte for each other block | shared bytes, two bits for
each of its values | bytes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack

BLOCK = 128
MOST_SHARED = 3
TWO_BITS = np.array([0, 2, 4, 6], np.uint8)
GROUP = 8
"""Blocks that are put together at a time."""

WORKING_COPIES = 18
"""Bytes for each byte of a group: NumPy finds each by a 64-bit number."""


@dataclass(frozen=True)
class SZx:
    """SZx with blocks of 128 values."""

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "szx"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        flat = array.reshape(-1)
        blocks = _blocks(np.where(np.isfinite(flat), flat, flat.dtype.type(0)))
        low, high = blocks.min(axis=1), blocks.max(axis=1)
        middles = low / 2 + high / 2
        radii = np.maximum(high - middles, middles - low).astype(np.float64)
        constant = radii <= bound
        kept = _bits_kept(radii[~constant], bound, flat.dtype)
        words = _words((blocks - middles[:, None])[~constant], kept)
        parts = (np.packbits(constant), middles, kept, *_share(words, _bytes_kept(kept)))
        stream = b"".join(part.tobytes() for part in parts)
        return pack(stream, flat, beyond(flat, _restore(stream, flat.size, flat.dtype), bound))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        stream, exceptions = unpack(data, math.prod(shape), dtype)
        return exceptions.restore(_restore(stream, math.prod(shape), dtype)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        stream, taken = peek(data, math.prod(shape), dtype)
        size = math.prod(shape) + BLOCK
        # The stream; how many bytes values share, thrice; what fills the last block up; one group.
        working = BLOCK + WORKING_COPIES * min(GROUP * BLOCK, size)
        return taken + len(stream) + 3 * size + working * dtype.itemsize


def _blocks(flat: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the values as rows of a block each, the last filled up with its last value."""
    return np.pad(flat, (0, -flat.size % BLOCK), mode="edge").reshape(-1, BLOCK)


def _bits_kept(radii: NDArray[np.float64], bound: float, dtype: np.dtype[np.floating]) -> NDArray[np.uint8]:
    """Return how many leading bits of a block's values are kept: sign, exponent, and mantissa down to the bound."""
    whole, mantissa = 8 * dtype.itemsize, np.finfo(dtype).nmant
    needed = whole - mantissa + np.frexp(radii)[1] - math.frexp(bound)[1]
    kept: NDArray[np.uint8] = np.clip(needed, whole - mantissa, whole).astype(np.uint8)
    return kept


def _bytes_kept(kept: NDArray[np.uint8]) -> NDArray[np.int64]:
    return -(-kept.astype(np.int64) // 8)


def _words(values: NDArray[np.floating], kept: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the kept bits of each value, shifted right to whole bytes; shape (blocks, BLOCK, bytes)."""
    unsigned = np.dtype(f"u{values.itemsize}")
    bits = np.ascontiguousarray(values).view(unsigned)
    dropped = (8 * values.itemsize - kept.astype(np.int64)).astype(unsigned)[:, None]
    shift = (8 * _bytes_kept(kept) - kept).astype(unsigned)[:, None]
    words = ((bits >> dropped << dropped) >> shift).astype(unsigned.newbyteorder(">")).view(np.uint8)
    split: NDArray[np.uint8] = words.reshape(*values.shape, values.itemsize)
    return split


def _share(words: NDArray[np.uint8], sizes: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    """Yield how many leading bytes each value shares with the one before, four to a byte, and all other bytes."""
    same = np.zeros(words.shape, np.bool_)
    same[:, 1:] = words[:, 1:] == words[:, :-1]
    shared = np.minimum(np.logical_and.accumulate(same, axis=2).sum(axis=2), MOST_SHARED).astype(np.uint8)
    yield (shared.reshape(-1, 4) << TWO_BITS).sum(axis=1).astype(np.uint8)
    yield words[_sent(shared, sizes, words.shape[2])]


def _sent(shared: NDArray[np.uint8], sizes: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    """Return which bytes of each value are sent; shape (blocks, BLOCK, width)."""
    place = np.arange(width)
    sent: NDArray[np.bool_] = (place >= shared[:, :, None]) & (place < sizes[:, None, None])
    return sent


def _restore(stream: bytes, size: int, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Return the values of a stream; ValueError if it holds another number of bytes than so many values take."""
    count = -(-size // BLOCK)
    flags, rest = _take(memoryview(stream), -(-count // 8))
    constant = np.unpackbits(flags, count=count).view(np.bool_)
    middles, rest = _take(rest, count * dtype.itemsize)
    kept, rest = _take(rest, int((~constant).sum()))
    packed, rest = _take(rest, kept.size * BLOCK // 4)
    if kept.size and kept.max() > 8 * dtype.itemsize:
        raise ValueError(f"not an SZx stream: {kept.max()} bits of a value")
    shared = (packed[:, None] >> TWO_BITS).reshape(-1, BLOCK) & np.uint8(MOST_SHARED)
    values = np.zeros((count, BLOCK), dtype)
    others = np.flatnonzero(~constant)
    for first in range(0, kept.size, GROUP):
        group = slice(first, first + GROUP)
        sent = _sent(shared[group], _bytes_kept(kept[group]), dtype.itemsize)
        content, rest = _take(rest, int(np.count_nonzero(sent)))
        values[others[group]] = _values(content, sent, kept[group], dtype)
    if rest:
        raise ValueError(f"not an SZx stream: {len(rest)} bytes follow the last value")
    with np.errstate(over="ignore", invalid="ignore"):
        values += middles.view(dtype)[:, None]
    return values.reshape(-1)[:size]


def _values(
    content: NDArray[np.uint8], sent: NDArray[np.bool_], kept: NDArray[np.uint8], dtype: np.dtype[np.floating]
) -> NDArray[np.floating]:
    """Return the values of some blocks less their middles, bytes that were not sent taken from the value before."""
    words = np.zeros(sent.shape, np.uint8)
    words[sent] = content
    before = np.maximum.accumulate(np.where(sent, np.arange(BLOCK, dtype=np.uint8)[:, None], np.uint8(0)), axis=1)
    words = np.take_along_axis(words, before, axis=1)
    unsigned = np.dtype(f"u{dtype.itemsize}")
    bits = words.view(unsigned.newbyteorder(">")).astype(unsigned).reshape(-1, BLOCK)
    values: NDArray[np.floating] = (bits << (8 * _bytes_kept(kept) - kept).astype(unsigned)[:, None]).view(dtype)
    return values


def _take(data: memoryview, size: int) -> tuple[NDArray[np.uint8], memoryview]:
    if len(data) < size:
        raise ValueError(f"not an SZx stream: {len(data)} bytes where {size} are due")
    return np.frombuffer(data, np.uint8, size), data[size:]
