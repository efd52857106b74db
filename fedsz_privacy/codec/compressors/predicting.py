"""Which prediction of low rank makes an update smallest, found on a sample of its rows; the encoder alone does this."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.directions import Directions
from fedsz_privacy.codec.compressors.entropies import gaussian_bits
from fedsz_privacy.codec.compressors.low_rank import LowRank

Float32: TypeAlias = NDArray[np.float32]

RANKS = (2, 4, 8, 16, 24)
LEAST_SIZE = 4096
FEWER = 6
"""How many times as many elements a matrix has as the factors of its prediction, at least."""

SAMPLE, LEAST_ROWS = 2**12, 8
"""Elements and rows that a prediction is tried on, at least."""

WORTH = 0.97
"""Share of the bits without a prediction from which on one is not worth its time."""

LARGEST = 2.0**16
"""Largest value, in bins, of a matrix that is predicted: beyond, factors may not fit 16 bits."""


# Products of few columns may raise the flag for what the kernels of some processors compute beyond the last of them.
@np.errstate(invalid="ignore")
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
    rank = min(RANKS[-1], matrix.size // (FEWER * sum(matrix.shape)))
    representable = 2 * bound >= float(np.finfo(matrix.dtype).tiny)
    if rank == 0 or matrix.size < LEAST_SIZE or not (representable and 0.5 < largest <= LARGEST):
        return LowRank.nothing(matrix.shape)
    bins = np.divide(matrix, 2 * bound).astype(np.float32, copy=False)
    directions = Directions.of(bins, rank)
    ranks = np.array([*(rank for rank in RANKS if rank < directions.rank), directions.rank])
    own = np.array([0.0, *directions.bits(ranks)])
    # By one scale for all elements, which needs no sample, a prediction seems to save more than it does.
    if not _best(matrix.size * gaussian_bits(directions.left[[0, *ranks]]) + own):
        return LowRank.nothing(matrix.shape)
    sample = slice(None, None, max(1, min(matrix.size // SAMPLE, len(matrix) // LEAST_ROWS)))
    left = _left(bins[sample], directions.rows[sample], directions.columns, [0, *ranks])
    best = _best(matrix.size * _bits(left) + own)
    return directions.to_whole(ranks[best - 1]) if best else LowRank.nothing(matrix.shape)


def _best(bits: NDArray[np.floating]) -> int:
    """Return which of several predictions leaves the fewest bits; 0, for none, where that is not worth its time."""
    best = int(np.argmin(bits))
    return best if bits[best] < WORTH * bits[0] else 0


def _left(bins: Float32, rows: Float32, columns: Float32, ranks: Sequence[int]) -> Float32:
    """Return what predictions of several ranks leave of a matrix, an array of shape (ranks, rows, columns)."""
    left = np.empty((len(ranks), *bins.shape), np.float32)
    left[0] = bins
    for place, (less, more) in enumerate(pairwise(ranks)):
        np.subtract(left[place], rows[:, less:more] @ columns[less:more], out=left[place + 1])
    return left


def _bits(left: Float32) -> Float32:
    """Return about how many bits a code of each matrix takes, by the scale of its row times that of its column."""
    np.rint(left, out=left)
    squares = np.square(left, out=left)
    rows, columns = squares.sum(axis=2, keepdims=True), squares.sum(axis=1, keepdims=True)
    variances = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1) * columns
    bits: Float32 = gaussian_bits(variances).mean(axis=(1, 2))
    return bits
