"""Whole numbers as bytes: what a quantiser sends once values have become codes."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.sz3 import SZ3
from fedsz_privacy.codec.lossless import ZSTD

WIDTHS = (1, 2, 4, 8)
ENTROPY = 0
"""First byte of a stream of SZ3's; that of any other is the bytes of a number."""

HALF_STEP = 0.5
"""An error bound under which SZ3 without prediction codes whole numbers by themselves."""

LARGEST_CODED = 2**14
"""Greatest number that SZ3 gives a code of its own."""


def encode_integers(codes: NDArray[np.integer]) -> bytes:
    """Return the shorter of two streams: SZ3's Huffman codes, or the narrowest integers that hold all, through zstd.

    Parameters
    ----------
    codes : integer array, shape (elements,)
        Numbers that 64 bits hold.
    """
    largest = int(max(codes.max(initial=0), -int(codes.min(initial=0)) - 1))
    width = next(width for width in WIDTHS if largest <= np.iinfo(f"i{width}").max)
    plain = bytes([width]) + ZSTD.compress(codes.astype(f"<i{width}").tobytes())
    if not codes.size or largest > LARGEST_CODED:
        return plain
    return min(plain, bytes([ENTROPY]) + SZ3().encode(codes.astype(np.float32), HALF_STEP), key=len)


def decode_integers(stream: bytes, size: int) -> NDArray[np.int64]:
    """Return the numbers of a stream.

    Raises
    ------
    ValueError
        If it does not hold so many.
    """
    if not stream or stream[0] not in (ENTROPY, *WIDTHS):
        raise ValueError("not a stream of whole numbers")
    width, content = stream[0], stream[1:]
    if width == ENTROPY:
        return SZ3().decode(content, (size,), np.dtype(np.float32)).astype(np.int64)
    return np.frombuffer(ZSTD.decompress(content, size * width), f"<i{width}").astype(np.int64)
