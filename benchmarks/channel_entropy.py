"""What contexts by channel scale would save below the order-0 entropy, before anything is built.

Channels of one tensor differ in scale. If a decoder knew the scales, it could use a code for each class of scales.
Classes are taken by output channel, by input channel, or by the product of both, whichever is best for a tensor. For
several numbers of classes this prints what they would save against the order-0 entropy with one table a tensor, once
the channels' scales and a table of code frequencies for each class have been paid for.

Run with: python benchmarks/channel_entropy.py
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.weights import load_weights

CLASSES = (1, 2, 4, 8, 16)
TABLE_BITS = 6
"""Bits that a used symbol's frequency takes in a table, about what zstd and Huffman tables need."""
SCALE_BITS = 4
"""Bits of one channel's scale."""


def coded_bits(codes: NDArray[np.int64]) -> float:
    """Return the bits of codes under their own order-0 entropy, with the table that says so."""
    counts = np.unique(codes, return_counts=True)[1]
    return float(codes.size * entropy(counts, base=2) + TABLE_BITS * counts.size)


def class_bits(codes: NDArray[np.int64], scales: NDArray[np.float64], channels: int, classes: int) -> float:
    """Return the bits of codes split by scale into classes of equal size, with the scales of the channels."""
    groups = np.array_split(np.argsort(scales, axis=None, kind="stable"), classes)
    side = 0 if classes == 1 else channels * SCALE_BITS
    return side + sum(coded_bits(codes.ravel()[group]) for group in groups if group.size)


def best_bits(codes: NDArray[np.int64], classes: int) -> float:
    """Return the least bits by the scale of output channels, of input channels, or of their product."""
    grid = codes.reshape(len(codes), codes.shape[1] if codes.ndim > 1 else 1, -1)
    sizes = np.abs(grid) + 0.1
    rows, columns = sizes.mean((1, 2), keepdims=True), sizes.mean((0, 2), keepdims=True)
    ways = [(rows, rows.size), (columns, columns.size), (rows * columns, rows.size + columns.size)]
    return min(class_bits(grid, np.broadcast_to(scale, grid.shape), side, classes) for scale, side in ways)


def main() -> None:
    """Print the saving at each bound for each number of classes, and with the best number for each tensor."""
    state = load_weights(EFFICIENTNET)
    for rel in (1e-1, 1e-2, 1e-3):
        bounds = FedSZ(ErrorBound.rel(rel)).bounds(state)
        codes = [np.rint(to_array(state[name]) / (2 * bound)).astype(np.int64) for name, bound in bounds.items()]
        bits = np.array([[best_bits(each, k) for k in CLASSES] for each in codes])
        order0 = bits[:, 0].sum()
        fixed = ", ".join(f"{k}: {1 - bits[:, column].sum() / order0:+.2%}" for column, k in enumerate(CLASSES))
        best = 1 - bits.min(axis=1).sum() / order0
        print(f"REL {rel:g}: saved with so many classes {fixed}; with the best number for each tensor {best:+.2%}")


if __name__ == "__main__":
    main()
