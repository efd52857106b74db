"""What is left of an array once a multiple of another one, which both ends have, is taken off.

A stream is one signed byte, the coefficient in units of 1/32, and what a compressor wrote. Where the coefficient is not
0, the CRC-32 of the other array's bytes stands between the two, as an unsigned integer, little-endian.

The prediction is one product rounded once, and what is restored is one sum rounded once. IEEE 754 fixes both to the
last bit, so every processor restores the same numbers.
"""

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.base import Compressor

UNITS = 32
"""Coefficients are multiples of one over this, so that each is exact in every float dtype."""

LEAST, MOST = -128, 127
"""Least and greatest coefficient, in those units."""

ALONE = struct.pack("b", 0)
"""What a stream begins with that predicts nothing."""

HEAD = struct.Struct("<bI")

LEAST_SHARE = 0.01
"""Share of an array's energy below which its prediction is not tried: at most .007 bits of an element lie there."""

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Predicted:
    """A compressor of ``x - c p``: x the array, p the past one, and c the coefficient that leaves the least energy.

    Parameters
    ----------
    compressor : Compressor
        For what is left.
    past : float array or None
        Of the shape and dtype of what is compressed; None where there is none.
    """

    compressor: Compressor
    past: Array | None

    @property
    def name(self) -> str:
        """Name on the wire, that of the compressor: whether streams are predicted, the frame says."""
        return self.compressor.name

    def encode(self, array: Array, bound: float) -> bytes:
        """Compress a non-empty array under a positive absolute bound, with the prediction if that is smaller."""
        return shorter(self.compressor.encode(array, bound), self.encode_rest(array, bound))

    def encode_rest(self, array: Array, bound: float) -> bytes:
        """Return the stream with the prediction; empty where nothing is to be gained, or nothing to be sure of."""
        coefficient = 0 if self.past is None else _coefficient(array, self.past)
        if self.past is None or not coefficient:
            return b""
        with np.errstate(over="ignore", invalid="ignore"):
            rest = array - _multiple(self.past, coefficient)
        room = bound - _rounding_error(array, rest, bound)
        if not room > 0:
            return b""
        return HEAD.pack(coefficient, _checksum(self.past)) + self.compressor.encode(rest, room)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> Array:
        """Restore an array of the given shape and dtype; ValueError if the data, or the past, does not hold one."""
        coefficient, stream = _read(memoryview(data))
        rest = self.compressor.decode(bytes(stream), shape, dtype)
        if not coefficient:
            return rest
        past = self._past(data, shape, dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            rest += _multiple(past, coefficient)
        return rest

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        coefficient, stream = _read(data)
        # The past array, where its tensor is wider than that, and its multiple.
        aside = 2 * math.prod(shape) * dtype.itemsize if coefficient else 0
        return len(stream) + aside + self.compressor.memory(stream, shape, dtype)

    def _past(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> Array:
        if self.past is None or (self.past.shape, self.past.dtype) != (shape, dtype):
            raise ValueError("predicted from a past array that is not here")
        if HEAD.unpack_from(data)[1] != _checksum(self.past):
            raise ValueError("predicted from another past array than the one here")
        return self.past


def shorter(alone: bytes, predicted: bytes) -> bytes:
    """Return the shorter of two streams: one that a compressor wrote alone, and one with a prediction, if any."""
    alone = ALONE + alone
    return predicted if predicted and len(predicted) < len(alone) else alone


def _read(data: memoryview) -> tuple[int, memoryview]:
    """Return the coefficient in its units, and the compressor's stream."""
    if not data:
        raise ValueError("not a predicted array: it has no coefficient")
    (coefficient,) = struct.unpack_from("b", data)
    if coefficient and len(data) < HEAD.size:
        raise ValueError("not a predicted array: it does not say what it was predicted from")
    return coefficient, data[HEAD.size if coefficient else 1 :]


def _multiple(past: Array, coefficient: int) -> Array:
    multiple: Array = past * past.dtype.type(coefficient / UNITS)
    return multiple


def _coefficient(array: Array, past: Array) -> int:
    """Return the least-squares coefficient in its units; 0 where it explains too little. Only the encoder asks."""
    with np.errstate(over="ignore", invalid="ignore"):
        x, p = array.reshape(-1).astype(np.float64), past.reshape(-1).astype(np.float64)
        along, energy, energy_of_past = float(x @ p), float(x @ x), float(p @ p)
    if not 0 < LEAST_SHARE * energy * energy_of_past <= along * along < math.inf:
        return 0
    return round(min(max(UNITS * along / energy_of_past, LEAST), MOST))


def _rounding_error(array: Array, rest: Array, bound: float) -> float:
    """Return more than what two roundings move a value by: that of the rest, and that of the sum which restores it.

    Each is at most half of the dtype's epsilon times its result. Infinity where a result may be none.
    """
    info: Any = np.finfo(array.dtype)
    largest, left = float(np.abs(array).max()), float(np.abs(rest).max())
    if not (math.isfinite(left) and largest + bound <= float(info.max)):
        return math.inf
    return 2 * float(info.eps) * (max(largest, left) + bound)


def _checksum(past: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(past).data)
