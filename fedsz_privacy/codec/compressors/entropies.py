"""How many bits codes take, estimated: what the encoder chooses its models by."""

from heapq import heapify, heappop, heapreplace
from typing import Any

import numpy as np
from numpy.typing import NDArray


def gaussian_bits(variance: Any) -> Any:
    """Return the entropy of rounded Gaussian numbers of a variance, about: log2(1 + 2 pi e v) / 2.

    It is close from v = 1 on, and goes to 0 with v as the entropy does, if not as fast.
    """
    return np.log2(1 + np.float32(2 * np.pi * np.e) * variance) / 2


def counts_of(codes: NDArray[np.signedinteger]) -> NDArray[np.intp]:
    """Return how often each of some codes is there, of those that are; of no great magnitude, at least one."""
    above = (codes.reshape(-1) - codes.min()).view(f"u{codes.itemsize}")
    counts = np.bincount(above)
    return counts[counts > 0]


def entropy(counts: NDArray[np.intp]) -> float:
    """Return the bits that codes of such counts take at least, all together."""
    size = counts.sum()
    return float(counts @ np.log2(size / counts))


def huffman(counts: NDArray[np.intp]) -> int:
    """Return the bits that codes of such counts take in a Huffman code, all together, without its table."""
    heap: list[int] = counts.tolist()
    heapify(heap)
    bits = 0
    while len(heap) > 1:
        pair = heappop(heap) + heap[0]
        heapreplace(heap, pair)
        bits += pair
    return bits
