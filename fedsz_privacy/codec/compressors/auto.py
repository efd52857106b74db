"""For each array the smaller of two streams: SZ3's without prediction, and that of `Scaled`.

A stream is one byte that says which it is, and what that compressor wrote. It has no checksum of its own where that is
SZ3's, which has none: a frame has one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.entropies import entropy
from fedsz_privacy.codec.compressors.quantising import magnitude
from fedsz_privacy.codec.compressors.scaled import Coded, Scaled
from fedsz_privacy.codec.compressors.sz3 import SZ3

CODE_OF_SZ3, CODE_OF_SCALED = 0, 1
CHOICES: Mapping[int, Compressor] = MappingProxyType({CODE_OF_SZ3: SZ3(), CODE_OF_SCALED: Scaled()})
"""Compressors by the byte on the wire."""

LEAST_SIZE = 2**14
"""Elements below which both streams are made."""

SAMPLE = 8
"""Every so many rows are looked at."""

LARGEST = 2.0**14
"""Greatest magnitude, in bins, of elements that are counted."""

COARSE = 2.0
"""Bits of a code up to which a Huffman code can be far above the entropy."""

SURE = 0.99
"""Share of the entropy below which `Scaled` is taken to be the smaller."""


@dataclass(frozen=True)
class Auto:
    """The smaller of SZ3's stream and that of `Scaled`: one byte larger than SZ3's at most.

    SZ3 codes the same bins one by one, so its stream is no smaller than their entropy, but for repetitions, which its
    last stage finds. On a large array only one stream is made where that decides: `Scaled`'s where its models bring it
    clearly below the entropy, estimated from a sample of rows; SZ3's where `Scaled` has found no model, so that only
    the entropy coders differ, and a Huffman code of these bins is close to the entropy. Everywhere else both are made.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "auto"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        coded, bits = Coded.of(array, bound), _entropy(array, bound)
        if not coded.modelled and bits > COARSE:
            return _marked(CODE_OF_SZ3, SZ3().encode(array, bound))
        scaled = _marked(CODE_OF_SCALED, coded.stream)
        if 8 * len(scaled) < SURE * bits * array.size:
            return scaled
        return min(_marked(CODE_OF_SZ3, SZ3().encode(array, bound)), scaled, key=len)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        return _chosen(data[:1]).decode(data[1:], shape, dtype)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        return len(data) + _chosen(bytes(data[:1])).memory(data[1:], shape, dtype)


def _entropy(array: NDArray[np.floating], bound: float) -> float:
    """Return the entropy of an element's bin in bits, from a sample of rows; 0, which decides nothing, if unknown."""
    if array.size < LEAST_SIZE:
        return 0.0
    sample = array[::SAMPLE] if len(array) >= SAMPLE * SAMPLE else array.reshape(-1)[::SAMPLE]
    if not magnitude(sample, bound) <= LARGEST:
        return 0.0
    return entropy(np.rint(sample / array.dtype.type(2 * bound)).astype(np.int16).reshape(-1))


def _marked(code: int, stream: bytes) -> bytes:
    return bytes([code]) + stream


def _chosen(byte: bytes) -> Compressor:
    if not byte or byte[0] not in CHOICES:
        raise ValueError(f"not a stream of auto: it begins with {byte!r}")
    return CHOICES[byte[0]]
