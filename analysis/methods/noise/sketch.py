"""A sample of errors as one histogram of fixed size: all that fits and distances need of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

BINS = 4096
BLOCKS = 64
LEAST_ELEMENTS = 2 * BLOCKS

_ROOTS = np.linspace(-1, 1, BINS + 1)
GRID: NDArray[np.float64] = np.sign(_ROOTS) * _ROOTS**2
"""Bin edges over the largest error: bins narrow towards 0 as the square root does, so that scales far below the largest
error are still resolved."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """Errors counted on a fixed grid, apart for each block of consecutive elements.

    Sketches of one limit add up: the sketch of two samples is the sum of theirs. Blocks stay apart so that a bootstrap
    can resample them and a fit can hold some of them out.

    Attributes
    ----------
    counts : float64 array, shape (BLOCKS, BINS)
        Number of errors in each bin of each block; a bin holds its left edge.
    zeros : float64 array, shape (BLOCKS,)
        Number of errors that are exactly 0; they are among the counts too.
    lowest, highest : float64 arrays, shape (BLOCKS,)
        Extreme errors of each block; inf and -inf of an empty one.
    limit : float
        The grid runs from -limit to limit.
    """

    counts: NDArray[np.float64]
    zeros: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    limit: float

    @property
    def elements(self) -> float:
        """Size of the sample."""
        return float(self.counts.sum())

    @property
    def edges(self) -> NDArray[np.float64]:
        """Edges of the bins, shape (BINS + 1,)."""
        return np.asarray(self.limit * GRID)

    @property
    def middles(self) -> NDArray[np.float64]:
        """Middles of the bins, shape (BINS,)."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)

    @property
    def histogram(self) -> NDArray[np.float64]:
        """Counts over all blocks, shape (BINS,)."""
        return np.asarray(self.counts.sum(axis=0))

    def blocks(self, chosen: slice) -> "Sketch":
        """Return the sketch of some blocks."""
        return Sketch(
            self.counts[chosen], self.zeros[chosen], self.lowest[chosen], self.highest[chosen], limit=self.limit
        )

    def continuous(self) -> "Sketch":
        """Return the sketch of the errors that are not exactly 0."""
        counts = self.counts.copy()
        counts[:, BINS // 2] -= self.zeros
        return Sketch(counts, np.zeros_like(self.zeros), self.lowest, self.highest, self.limit)

    def scaled(self, factor: float, limit: float) -> "Sketch":
        """Return the sketch of the errors times a factor, on the grid of another limit, even within each old bin."""
        below = np.pad(self.counts.cumsum(axis=1), ((0, 0), (1, 0)))
        edges = self.edges * factor
        moved = np.array([np.interp(limit * GRID, edges, row) for row in below])
        return Sketch(np.diff(moved, axis=1), self.zeros, self.lowest * factor, self.highest * factor, limit)

    def __add__(self, other: "Sketch") -> "Sketch":
        """Return the sketch of both samples; their limits must agree."""
        if self.limit != other.limit:
            raise ValueError(f"limits {self.limit} and {other.limit} differ: bring one to the other's by scaled()")
        return Sketch(
            self.counts + other.counts,
            self.zeros + other.zeros,
            np.minimum(self.lowest, other.lowest),
            np.maximum(self.highest, other.highest),
            self.limit,
        )


def sketch_errors(
    original: NDArray[np.floating], decoded: NDArray[np.floating], bound: NDArray[np.float64] | float
) -> Sketch:
    """Return the sketch of decoded minus original over bound; what is not finite is left out.

    Parameters
    ----------
    original, decoded : float arrays of one size
        Values before and after; they are read block by block, so that nothing of their size is allocated.
    bound : float, or float64 array of the same size
        Unit of the errors.

    Raises
    ------
    InputError
        If fewer than `LEAST_ELEMENTS` finite errors are there, or all of them are 0.
    """
    ends = [original.size * block // BLOCKS for block in range(BLOCKS + 1)]
    spans = [slice(*pair) for pair in pairwise(ends)]
    units = np.broadcast_to(np.ravel(bound), original.size)
    flat = original.reshape(-1), decoded.reshape(-1), units

    limit, elements = 0.0, 0
    for error in _errors(*flat, spans):
        limit, elements = max(limit, float(np.abs(error).max(initial=0))), elements + error.size
    if elements < LEAST_ELEMENTS:
        if elements < original.size:
            raise InputError(
                f"{elements} of {original.size:,} errors are finite: give {LEAST_ELEMENTS} or more that are"
            )
        raise InputError(f"{elements} errors: give {LEAST_ELEMENTS} or more")
    if limit == 0:
        raise InputError("every error is 0: there is no noise to fit")
    rows = [_count(error, limit) for error in _errors(*flat, spans)]
    counts, zeros, lowest, highest = (np.array(column) for column in zip(*rows, strict=True))
    return Sketch(counts, zeros, lowest, highest, limit)


def _errors(
    original: NDArray[np.floating], decoded: NDArray[np.floating], units: NDArray[np.float64], spans: list[slice]
) -> Iterator[NDArray[np.float64]]:
    for span in spans:
        with np.errstate(invalid="ignore"):
            error = (decoded[span].astype(np.float64) - original[span]) / units[span]
        yield error[np.isfinite(error)]


def _count(error: NDArray[np.float64], limit: float) -> tuple[NDArray[np.float64], float, float, float]:
    roots = np.copysign(np.sqrt(np.abs(error) / limit), error)
    bins = np.minimum((roots + 1) * (BINS / 2), BINS - 1).astype(np.intp)
    counts = np.bincount(bins, minlength=BINS).astype(np.float64)
    return counts, float((error == 0).sum()), float(error.min(initial=np.inf)), float(error.max(initial=-np.inf))
