"""Which prediction of low rank makes an update smallest, found on a sample of its rows; the encoder alone does this."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.directions import Directions
from fedsz_privacy.codec.compressors.entropies import gaussian_bits
from fedsz_privacy.codec.compressors.low_rank import LowRank

RANKS = (2, 4, 8, 16, 32)
LEAST_SIDE, LEAST_SIZE = 8, 4096
SAMPLE = 2**12
"""Elements that a prediction is tried on."""

LARGEST = 2.0**16
"""Largest value, in bins, of a matrix that is predicted: beyond, factors may not fit 16 bits."""


def predict(matrix: NDArray[np.floating], bound: float, largest: float) -> LowRank:
    """Return the prediction of a matrix under an error bound that leaves the fewest bits, its own included.

    Parameters
    ----------
    matrix : float array, shape (rows, columns)
    bound : float
        Error bound: half a bin.
    largest : float
        Greatest magnitude of an element, in bins; NaN or infinite if one is.
    """
    if min(matrix.shape) < LEAST_SIDE or matrix.size < LEAST_SIZE or not 0.5 < largest <= LARGEST:
        return LowRank.nothing(matrix.shape)
    bins = np.divide(matrix, 2 * bound).astype(np.float32, copy=False)
    directions = Directions.of(bins, min(max(RANKS), min(matrix.shape) // 4))
    ranks = sorted({min(rank, directions.rank) for rank in RANKS})
    sample = slice(None, None, max(1, min(matrix.size // SAMPLE, len(matrix) // LEAST_SIDE)))
    left = [bins[sample], *(bins[sample] - _part(directions, rank, sample) for rank in ranks)]
    nothing, *coded = matrix.size * _bits_left(np.stack(left))
    fewest, rank = min((bits + directions.bits(rank), rank) for bits, rank in zip(coded, ranks, strict=True))
    return directions.to_whole(rank) if fewest < nothing else LowRank.nothing(matrix.shape)


def _part(directions: Directions, rank: int, sample: slice) -> NDArray[np.float32]:
    """Return some rows of the prediction of so many directions, in bins."""
    rows, columns = directions.rounded(rank, sample)
    return rows @ columns * np.float32(2.0 ** -directions.shift(rank))


def _bits_left(left: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return about how many bits a code takes where each has the scale of its row times that of its column."""
    squares = np.square(np.rint(left))
    rows, columns = squares.sum(axis=2, keepdims=True), squares.sum(axis=1, keepdims=True)
    total = np.maximum(columns.sum(axis=2, keepdims=True), 1)
    bits: NDArray[np.float32] = gaussian_bits(rows / total * columns).mean(axis=(1, 2))
    return bits
