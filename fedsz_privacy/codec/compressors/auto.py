"""For each array the smaller of two streams: SZ3's without prediction, and that of `Scaled`.

A stream is one byte that says which it is, and what that compressor wrote. It has no checksum of its own where that is
SZ3's, which has none: a frame has one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.compressors.scaled import Coded, Scaled
from fedsz_privacy.codec.compressors.sz3 import SZ3
from fedsz_privacy.codec.compressors.sz3_sizes import OVERHEAD, bins_of, least_bits, repeat, repeated_share

CODE_OF_SZ3, CODE_OF_SCALED = 0, 1
CHOICES: Mapping[int, Compressor] = MappingProxyType({CODE_OF_SZ3: SZ3(), CODE_OF_SCALED: Scaled()})
"""Compressors by the byte on the wire."""

SAMPLE, PART = 2**13, 2**12
"""Elements of a large array that are counted, spread over all of it, and that are searched, side by side."""

COUNTABLE = 2
"""Bytes of a code up to which as many counts as there are codes take little memory."""

SURE = 0.97
"""Share of the bits that a sample says SZ3 takes, up to which `Scaled` is taken to be the smaller."""

SHORT = 2**9
"""Bytes of a large array's stream up to which SZ3's is made too: zstd finds in it what counts of bins do not tell."""

NEARLY = 1.001
"""How many times the bits of SZ3's codes `Scaled` may take to be taken to be no larger."""


@dataclass(frozen=True)
class Auto:
    """The smaller of SZ3's stream and that of `Scaled`: a thousandth larger than SZ3's at most, as a rule.

    SZ3 codes the same bins, so how often each is there tells how large its stream is at least (`sz3_sizes`), unless
    they repeat each other. Where `Scaled` takes no more, its stream is the only one that is made; everywhere else both
    are. Bins are counted in a sample where `Scaled` has found a model, and all of them where it has found none.
    Repetitions are searched at the start of an array, and among the starts of its rows; an array that repeats itself
    in other ways alone can come out larger than SZ3's.
    """

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "auto"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound."""
        scaled, enough = _by_scaled(array, bound)
        return scaled if 8 * len(scaled) <= enough else min(_by_sz3(array, bound), scaled, key=len)

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        return _chosen(data[:1]).decode(data[1:], shape, dtype)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array; ValueError if the data does not hold one."""
        return len(data) + _chosen(bytes(data[:1])).memory(data[1:], shape, dtype)


def _by_scaled(array: NDArray[np.floating], bound: float) -> tuple[bytes, float]:
    """Return the stream of `Scaled`, and the bits up to which it is taken to be no larger than SZ3's.

    The codes, which take as much memory as SZ3 does, are gone then.
    """
    coded = Coded.of(array, bound)
    stream = bytes([CODE_OF_SCALED]) + coded.stream
    # Up to so many elements, all of an array is searched for repetitions anyhow.
    if array.size <= PART:
        return stream, _least(coded, bound)
    return stream, (1 - repeated_share(array, bound)) * _least(coded, bound) if len(stream) > SHORT else 0.0


def _least(coded: Coded, bound: float) -> float:
    """Return the bits that SZ3's stream takes at least, unless rows repeat each other; 0 if nothing is known."""
    if not coded.modelled:
        codes = coded.codes.reshape(-1)
        countable = codes.itemsize <= COUNTABLE and not repeat(codes[:PART])
        return NEARLY * least_bits(codes) + OVERHEAD if countable else 0.0
    flat, step = coded.array.reshape(-1), _step(coded.array.size)
    sample = bins_of(flat[::step], bound)
    start = bins_of(flat[:PART], bound) if step > 1 else sample
    if sample is None or start is None or repeat(start[:PART]):
        return 0.0
    return SURE * least_bits(sample) * flat.size / sample.size


def _step(size: int) -> int:
    """Return a step through an array that takes all places along every axis in turn."""
    return next(step for step in count(max(1, size // SAMPLE)) if math.gcd(step, size) == 1)


def _by_sz3(array: NDArray[np.floating], bound: float) -> bytes:
    return bytes([CODE_OF_SZ3]) + CHOICES[CODE_OF_SZ3].encode(array, bound)


def _chosen(byte: bytes) -> Compressor:
    if not byte or byte[0] not in CHOICES:
        raise ValueError(f"not a stream of auto: it begins with {byte!r}")
    return CHOICES[byte[0]]
