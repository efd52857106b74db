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
    sample = slice(None, None, max(1, min(matrix.size // SAMPLE, len(matrix) // LEAST_SIDE)))
    fewest, best = matrix.size * _bits_left(bins[sample]), 0
    for rank in sorted({min(rank, directions.rank) for rank in RANKS}):
        # A prediction that takes more than the fewest bits by itself need not be tried.
        if (own := np.float32(directions.bits(rank))) < fewest:
            left = bins[sample] - _part(directions, rank, sample)
            fewest, best = min((matrix.size * _bits_left(left) + own, rank), (fewest, best))
    return directions.to_whole(best) if best else LowRank.nothing(matrix.shape)


def _part(directions: Directions, rank: int, sample: slice) -> NDArray[np.float32]:
    """Return some rows of the prediction of so many directions, in bins."""
    rows, columns = directions.rounded(rank, sample)
    return rows @ columns * np.float32(2.0 ** -directions.shift(rank))


def _bits_left(left: NDArray[np.float32]) -> np.float32:
    """Return about how many bits a code takes where each has the scale of its row times that of its column."""
    squares = np.square(np.rint(left))
    rows, columns = squares.sum(axis=1, keepdims=True), squares.sum(axis=0, keepdims=True)
    total = np.maximum(columns.sum(), 1)
    bits: np.float32 = gaussian_bits(rows / total * columns).mean()
    return bits
