"""ZFP (Lindstrom, IEEE TVCG 20(12), 2014) through zfpy, in fixed-accuracy mode.

ZFP is built for smooth fields; weights are not, so its ratio is far below SZ3's (docs/compression.md).
Left to itself, zfp 1.0.1

- has no code for NaN and infinities, and turns the block of four values around one into noise;
- exceeds a bound that is 2**28 times smaller than the values in float32, or is subnormal, or where values are near the
  greatest floats;
- exceeds any bound in rare blocks, where few bits are left of a value and their sum overflows;
- reads past the end of a stream that is shorter than its blocks need.

The third of these follows from no check on the input, so the encoder decodes what it sends, at a price in speed, and
keeps exactly what lies beyond the bound. The decoder pads a stream to the most that its blocks can read; made-up bytes
then decode to other values and harm nothing. Arrays are compressed flat.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack
from fedsz_privacy.core.optional import optional

HEAD = struct.Struct("<d")
BYTES_READ_PER_BYTE = 2
LAST_BLOCK = 64
MOST_VALUES_PER_BYTE = 32


@dataclass(frozen=True)
class ZFP:
    """ZFP in fixed-accuracy mode, its tolerance the bound."""

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "zfp"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound.

        Raises
        ------
        InputError
            If zfpy is not installed.
        """
        flat = array.reshape(-1)
        finite = np.where(np.isfinite(flat), flat, flat.dtype.type(0))
        stream = optional("zfpy", "compressors").compress_numpy(finite, tolerance=bound, write_header=False)
        exact = beyond(flat, _decompress(stream, flat.size, flat.dtype, bound), bound)
        return pack(HEAD.pack(bound) + stream, flat, exact)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        content, exceptions = unpack(data, math.prod(shape), dtype)
        if len(content) < HEAD.size:
            raise ValueError("not a ZFP stream: it has no head")
        (bound,), stream = HEAD.unpack_from(content), content[HEAD.size :]
        if not (math.isfinite(bound) and bound > 0):
            raise ValueError(f"not a ZFP stream: error bound {bound}")
        if MOST_VALUES_PER_BYTE * len(stream) < math.prod(shape):
            raise ValueError(f"not a ZFP stream: {len(stream)} bytes for {math.prod(shape)} values")
        return exceptions.restore(_decompress(stream, math.prod(shape), dtype, bound)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        stream, taken = peek(data, math.prod(shape), dtype)
        return taken + len(stream) + _padded_size(math.prod(shape), dtype)


def _padded_size(size: int, dtype: np.dtype[np.floating]) -> int:
    return BYTES_READ_PER_BYTE * size * dtype.itemsize + LAST_BLOCK


def _decompress(stream: bytes, size: int, dtype: np.dtype[np.floating], bound: float) -> NDArray[np.floating]:
    """Decode a stream, padded with zeros because ZFP does not know where it ends.

    A block of four values with p-bit integers takes its exponent, at most 4 p bits of values and 8 + p bits of their
    positions: less than twice its own size.
    """
    zfpy = optional("zfpy", "compressors")
    padded = stream.ljust(_padded_size(size, dtype), b"\0")
    return np.asarray(zfpy._decompress(padded, zfpy.dtype_to_ztype(dtype), (size,), tolerance=bound))
