"""For each array the smaller of two streams: SZ3's without prediction, and that of `Scaled`.

A stream is one byte that says which it is, and what that compressor wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.scaled import Scaled
from fedsz_privacy.codec.compressors.sz3 import SZ3

CHOICES: Mapping[int, Compressor] = MappingProxyType({0: SZ3(), 1: Scaled()})
"""What is tried, by the byte on the wire; of two streams of one length the first is sent."""


@dataclass(frozen=True)
class Auto:
    """The smallest of what each of `CHOICES` makes of an array: one byte larger than SZ3 at most, at both's time."""

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "auto"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        return min((bytes([byte]) + each.encode(array, bound) for byte, each in CHOICES.items()), key=len)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        return _chosen(data[:1]).decode(data[1:], shape, dtype)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        return len(data) + _chosen(bytes(data[:1])).memory(data[1:], shape, dtype)


def _chosen(byte: bytes) -> Compressor:
    if not byte or byte[0] not in CHOICES:
        raise ValueError(f"not a stream of auto: it begins with {byte!r}")
    return CHOICES[byte[0]]
