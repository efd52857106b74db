"""Whole numbers of one byte through zstd, set to look for no repetitions: its last stage is a Huffman code.

It is fast, and near the entropy of numbers that take some bits each; one bit a number is the least that it can do.
benchmarks/update_codecs.py measures the compressors that it serves, and docs/bench/updates.md has what came out.
"""

import threading

import numpy as np
import zstandard
from numpy.typing import NDArray

from fedsz_privacy.codec.lossless import ZSTD

HUFFMAN = zstandard.ZstdCompressionParameters(
    window_log=17, chain_log=6, hash_log=6, search_log=1, min_match=7, strategy=zstandard.STRATEGY_FAST
)
FASTEST = 1
"""zstd's fastest level that looks for repetitions."""


class _Contexts(threading.local):
    """Compression contexts for each thread: making one takes longer than a small array does."""

    def __init__(self) -> None:
        self.huffman = zstandard.ZstdCompressor(compression_params=HUFFMAN)
        self.fastest = zstandard.ZstdCompressor(level=FASTEST)


_CONTEXTS = _Contexts()


def compress(numbers: NDArray[np.int8]) -> bytes:
    """Return the zstd frame of a contiguous array."""
    return _CONTEXTS.huffman.compress(numbers.data)


def decompress(frame: bytes, size: int) -> NDArray[np.int8]:
    """Return so many numbers, read-only; ValueError if the frame does not hold them."""
    return np.frombuffer(ZSTD.decompress(frame, size), np.int8)


def repeated_size(numbers: NDArray[np.int8]) -> int:
    """Return the bytes that a contiguous array takes where repetitions are looked for."""
    return len(_CONTEXTS.fastest.compress(numbers.data))
