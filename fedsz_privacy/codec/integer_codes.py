"""Whole numbers as bytes: what a quantiser sends once values have become codes."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.sz3 import SZ3
from fedsz_privacy.codec.compressors.sz3_stream import MAGIC
from fedsz_privacy.codec.lossless import ZSTD

WIDTHS = (1, 2, 4, 8)
ENTROPY = MAGIC & 0xFF
"""First byte of a stream of SZ3's; that of any other is the bytes of a number."""

HALF_STEP = 0.5
"""An error bound under which SZ3 without prediction codes whole numbers by themselves."""

EXACT_FLOAT32 = 2**24
"""Up to here floats of 32 bits hold every whole number. SZ3 keeps those exactly that it has no code for."""


def narrowest(codes: NDArray[np.integer]) -> NDArray[np.signedinteger]:
    """Return whole numbers in the narrowest type that holds all of them."""
    return codes.astype(next(f"i{width}" for width in WIDTHS if _largest(codes) <= np.iinfo(f"i{width}").max))


def _largest(codes: NDArray[np.integer]) -> int:
    """Return the largest of all numbers that are not negative, and of what the others lie beyond -1."""
    return int(max(codes.max(initial=0), -int(codes.min(initial=0)) - 1))


def encode_integers(codes: NDArray[np.integer]) -> bytes:
    """Return the shorter of two streams: SZ3's Huffman codes, or the narrowest integers that hold all, through zstd.

    Parameters
    ----------
    codes : integer array, shape (elements,)
        Numbers that 64 bits hold.
    """
    narrow = narrowest(codes)
    plain = bytes([narrow.itemsize]) + ZSTD.compress(narrow.astype(narrow.dtype.newbyteorder("<")).tobytes())
    if not codes.size or _largest(codes) > EXACT_FLOAT32:
        return plain
    return min(plain, SZ3().encode(codes.astype(np.float32), HALF_STEP), key=len)


def decode_integers(stream: bytes, size: int) -> NDArray[np.int64]:
    """Return the numbers of a stream.

    Raises
    ------
    ValueError
        If it does not hold so many.
    """
    if not stream or stream[0] not in (ENTROPY, *WIDTHS):
        raise ValueError("not a stream of whole numbers")
    if stream[0] == ENTROPY:
        return SZ3().decode(stream, (size,), np.dtype(np.float32)).astype(np.int64)
    width = stream[0]
    return np.frombuffer(ZSTD.decompress(stream[1:], size * width), f"<i{width}").astype(np.int64)
