"""The uniform quantiser: what an error-bounded compressor is without a predictor and an entropy coder of its own."""

import math
import struct
from dataclasses import dataclass

import numpy as np
import zstandard
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack
from fedsz_privacy.codec.lossless import ZSTD

HEAD = struct.Struct("<dB")
CODES = {width: np.dtype(f"<i{width}") for width in (1, 2, 4)}
LARGEST_CODE = np.iinfo(np.int32).max
LEVEL = 9


@dataclass(frozen=True)
class Quantiser:
    """Codes rint(x / 2b) as the smallest integers that hold them, through zstd; x comes back as 2b times its code.

    The reference that other compressors are measured against: for x that spreads over many bins its error is close to
    uniform on [-b, b], and it is a function of x alone. NaN, infinities, values whose code exceeds 32 bits and values
    whose product rounds past the bound are kept exactly; the encoder finds them by forming the product.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "quantiser"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        flat = array.reshape(-1)
        codes = codes_of(flat, bound)
        width = next(width for width, dtype in CODES.items() if np.abs(codes).max() <= np.iinfo(dtype).max)
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(codes.astype(CODES[width]).tobytes())
        exact = beyond(flat, values_of(codes, bound, flat.dtype), bound)
        return pack(HEAD.pack(bound, width) + packed, flat, exact)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        size = math.prod(shape)
        content, exceptions = unpack(data, size, dtype)
        bound, width = _read_head(content)
        codes = np.frombuffer(ZSTD.decompress(content[HEAD.size :], size * width), CODES[width])
        return exceptions.restore(values_of(codes, bound, dtype)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        stream, taken = peek(data, math.prod(shape), dtype)
        _, width = _read_head(stream)
        return taken + len(stream) + math.prod(shape) * width


def _read_head(stream: bytes | memoryview) -> tuple[float, int]:
    """Return the error bound, and the bytes of a code."""
    if len(stream) < HEAD.size:
        raise ValueError("not a quantised array: it has no head")
    bound, width = HEAD.unpack_from(stream)
    if width not in CODES or not (math.isfinite(bound) and bound > 0):
        raise ValueError(f"not a quantised array: codes of {width} bytes, error bound {bound}")
    return bound, width


def codes_of(flat: NDArray[np.floating], bound: float) -> NDArray[np.float64]:
    """Return the codes as whole floats, 0 for those that do not fit 32 bits."""
    with np.errstate(over="ignore", invalid="ignore"):
        codes = np.rint(flat.astype(np.float64) / (2 * bound))
    return np.where(np.abs(codes) <= LARGEST_CODE, codes, 0.0)


def values_of(codes: NDArray[np.generic], bound: float, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Return the products, formed in float64 and rounded once, without an array of them in between."""
    values = np.empty(codes.shape, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(codes, 2 * bound, out=values, dtype=np.float64, casting="same_kind")
    return values
