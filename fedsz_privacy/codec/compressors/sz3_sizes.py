"""How many bits SZ3 without prediction takes for an array at least, without a run of it: what its bins alone tell.

SZ3 codes bins one by one in a Huffman code, whose size follows from how often each bin is there, and finds repetitions
behind it by zstd.
"""

import math

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors import byte_codes
from fedsz_privacy.codec.compressors.entropies import counts_of, entropy, huffman
from fedsz_privacy.codec.compressors.quantising import greatest_magnitude

LARGEST = 2.0**14
"""Greatest magnitude, in bins, of elements that are counted."""

CLOSE = 1.02
"""How many times the entropy a Huffman code may be for zstd to find nothing in it."""

FOUND = 0.96
"""Share of any other Huffman code that zstd leaves, at least."""

MOSTLY = 0.95
"""Share of the entropy that zstd leaves as a rule where most bins are one and the same."""

MANY = 256
"""Different bins, above which a Huffman code is taken to be as short as the entropy: making one takes longer.

Not where one of them is there most of the time: that one alone takes a bit.
"""

OVERHEAD = 8 * 96
"""Bits beside the codes and their table."""

TABLE = 2
"""Bits of the table for each bin that is there."""

BLOCK, START, MOST_BLOCKS = 256, 64, 2**10
"""Elements of a block, at least, and those at its start by which blocks are told from each other; and most blocks."""

CHANCE = 32
"""Bits that equal blocks have, beyond those by which some of so many are equal by chance."""


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def bins_of(array: NDArray[np.floating], bound: float) -> NDArray[np.signedinteger] | None:
    """Return the bin of each element of an array, as SZ3 has it; None where there are too many to count."""
    if not (largest := greatest_magnitude(array) / bound / 2) <= LARGEST:
        return None
    bins = array / array.dtype.type(2 * bound)
    return np.rint(bins, out=bins).astype(np.int8 if largest <= np.iinfo(np.int8).max else np.int16)


def least_bits(bins: NDArray[np.signedinteger]) -> float:
    """Return the bits of the codes of some bins and of their table, at least, where no bins repeat each other.

    That is a Huffman code's size, and somewhat less where that is far above the entropy, because zstd finds something
    in it. Where most bins are one and the same it can find more than their entropy tells.
    """
    counts = counts_of(bins)
    least, one_prevails = entropy(counts), 2 * counts.max() > bins.size
    code = huffman(counts) if one_prevails or counts.size <= MANY else least
    if code < CLOSE * least:
        return code + TABLE * counts.size
    return MOSTLY * least if one_prevails else max(least, FOUND * code)


def repeat(bins: NDArray[np.signedinteger]) -> bool:
    """Return whether zstd finds more in the last bytes of some bins than how often each is there."""
    lowest = bins.astype(np.int8, copy=False)
    return 8 * byte_codes.repeated_size(lowest) < entropy(counts_of(lowest))


def repeated_share(array: NDArray[np.floating], bound: float) -> float:
    """Return about which share of the bits of a non-empty array's bins lies in rows that begin as earlier ones do.

    Blocks of whole rows stand for rows that are short or many, and blocks for the rows of an array of one axis.
    """
    columns = math.prod(array.shape[1:]) if array.ndim > 1 else 1
    width = columns * -(-max(BLOCK, array.size // MOST_BLOCKS) // columns)
    blocks = array.reshape(-1)[: array.size // width * width].reshape(-1, width)[:, :START]
    seen_before = _seen_before(blocks)
    if not any(seen_before) or (bins := bins_of(blocks, bound)) is None:
        return 0.0
    again = bins[seen_before]
    varied = again[again.min(axis=1) < again.max(axis=1)]
    values, counts = np.unique(bins, return_counts=True)
    bits = np.log2(bins.size / counts)[np.searchsorted(values, varied)].sum(axis=1)
    return float(bits[bits > 2 * math.log2(len(blocks)) + CHANCE].sum() / max(entropy(counts), 1.0))


def _seen_before(blocks: NDArray[np.floating]) -> list[bool]:
    """Return which rows equal one above them, bit by bit."""
    whole, size = blocks.tobytes(), blocks.itemsize * blocks.shape[1]
    first: dict[bytes, int] = {}
    return [first.setdefault(whole[start : start + size], start) < start for start in range(0, len(whole), size)]
