"""Which prediction of low rank makes an update smallest, found on a sample of its rows; the encoder alone does this."""

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.low_rank import Directions, LowRank, nothing

RANKS = (2, 4, 8, 16, 32)
LEAST_SIDE, LEAST_SIZE = 8, 4096
SAMPLE = 2**14
"""Elements that a prediction is tried on."""

LARGEST = 2.0**20
"""Largest value, in bins, of a matrix that is predicted: beyond, factors would not fit 16 bits."""


def predict(matrix: NDArray[np.floating], bound: float) -> LowRank:
    """Return the prediction of a matrix under an error bound that leaves the fewest bits, its own included."""
    none = nothing(matrix.shape)
    if min(matrix.shape) < LEAST_SIDE or matrix.size < LEAST_SIZE:
        return none
    with np.errstate(over="ignore", invalid="ignore"):
        bins = (matrix * matrix.dtype.type(0.5 / bound if bound > 2.0**-120 else 0.0)).astype(np.float32)
    if not 0 < np.abs(bins).max() <= LARGEST:
        return none
    directions = Directions.of(bins, min(max(RANKS), min(matrix.shape) // 2))
    tried = [directions.to_whole(rank) for rank in RANKS if rank <= len(directions.sizes)]
    sample = slice(None, None, max(1, min(matrix.size // SAMPLE, len(matrix) // LEAST_SIDE)))
    return min([none, *(each for each in tried if each)], key=lambda each: _bits(bins, each, sample))


def _bits(bins: NDArray[np.float32], tried: LowRank, sample: slice) -> float:
    """Return about how many bits a matrix takes with a prediction, from a sample of its rows."""
    left = np.rint(bins[sample] - (tried.part(sample) * 2.0**-tried.shift).astype(np.float32))
    factors = sum(each.size * _entropy(each.reshape(-1)) for each in (tried.rows, tried.columns) if each.size)
    return bins.size * _spread(left) + factors


def _spread(codes: NDArray[np.float32]) -> float:
    """Return about how many bits a code takes where each has the scale of its row times that of its column.

    Rounded Gaussian numbers of variance v have an entropy of about log2(1 + 2 pi e v) / 2.
    """
    squares = np.square(codes)
    rows, columns = squares.mean(axis=1, keepdims=True), squares.mean(axis=0, keepdims=True)
    variances = rows * columns / (squares.mean() or 1.0)
    return float(np.log2(1 + 2 * np.pi * np.e * variances).mean() / 2)


def _entropy(numbers: NDArray[np.int16]) -> float:
    """Return the bits of a number, from how often each is among them."""
    _, counts = np.unique(numbers, return_counts=True)
    shares = counts / numbers.size
    return float(-(shares @ np.log2(shares)))
