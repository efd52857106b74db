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

SAMPLE, SPARSEST = 2**14, 8
"""Elements that a sample has at least, and one row of how many is in the sparsest."""

LARGEST = 2.0**14
"""Greatest magnitude, in bins, of elements that are counted."""

COARSE = 2.0
"""Bits of a code up to which a Huffman code can be far above the entropy."""

SURE = 0.99
"""Share of the entropy below which `Scaled` is taken to be the smaller."""


@dataclass(frozen=True)
class Auto:
    """The smaller of SZ3's stream and that of `Scaled`: one byte larger than SZ3's at most, as a rule.

    SZ3 codes the same bins one by one, so its stream is no smaller than their entropy, but for repetitions, which its
    last stage finds. On a large array only one stream is made where a sample of rows decides: `Scaled`'s where it is
    clearly below the entropy, and SZ3 finds no repetitions in the sample; SZ3's where `Scaled` has found no model, so
    that only the entropy coders differ, and a Huffman code of these bins is close to the entropy. Everywhere else both
    are made. An array that repeats itself, but does not in its sample, can come out larger than SZ3's.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "auto"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        coded, sample = Coded.of(array, bound), _sample(array)
        bits = _entropy(sample, bound) if sample.size < array.size else 0.0
        if not coded.modelled and bits > COARSE:
            return _by_sz3(array, bound)
        scaled = bytes([CODE_OF_SCALED]) + coded.stream
        if 8 * len(scaled) < SURE * bits * array.size and 8 * len(_by_sz3(sample, bound)) >= bits * sample.size:
            return scaled
        return min(_by_sz3(array, bound), scaled, key=len)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        return _chosen(data[:1]).decode(data[1:], shape, dtype)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        return len(data) + _chosen(bytes(data[:1])).memory(data[1:], shape, dtype)


def _sample(array: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return some of the rows, or some of the elements where rows are few."""
    rows, step = (array if array.ndim > 1 else array.reshape(-1)), max(1, min(SPARSEST, array.size // SAMPLE))
    return np.ascontiguousarray((rows if len(rows) >= SPARSEST * step else rows.reshape(-1))[::step])


def _entropy(sample: NDArray[np.floating], bound: float) -> float:
    """Return the entropy of an element's bin, in bits; 0, which decides nothing, where bins are too many to count."""
    if not magnitude(sample) / bound / 2 <= LARGEST:
        return 0.0
    return entropy(np.rint(sample / sample.dtype.type(2 * bound)).astype(np.int16).reshape(-1))


def _by_sz3(array: NDArray[np.floating], bound: float) -> bytes:
    return bytes([CODE_OF_SZ3]) + CHOICES[CODE_OF_SZ3].encode(array, bound)


def _chosen(byte: bytes) -> Compressor:
    if not byte or byte[0] not in CHOICES:
        raise ValueError(f"not a stream of auto: it begins with {byte!r}")
    return CHOICES[byte[0]]
