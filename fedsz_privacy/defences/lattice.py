"""Clipping onto a lattice, so that the clip norm holds in exact integers.

Noise of real numbers is not what a computer adds, and the low bits of floats tell apart what it hides (Mironov, CCS
2012). On the points of a lattice, a public power of two apart, everything that a proof speaks of is an integer.
"""

import math

import numpy as np
from numpy.typing import NDArray

FINENESS = 2**8
"""Least number of lattice points to a sigma, and to the clip norm over the square root of the number of coordinates."""


def lattice_spacing(clip_norm: float, sigma: float, count: int) -> float:
    """Return how far apart lattice points lie: a power of two, made of public numbers alone.

    Truncation to it takes less than 1/256 of the clip norm off an update, and of a coordinate less than 1/256 of the
    noise's standard deviation.

    Parameters
    ----------
    clip_norm, sigma : float
        In the update's own unit.
    count : int
        Coordinates of the update.
    """
    finest = min(sigma, clip_norm / math.sqrt(max(count, 1))) / FINENESS
    return 2.0 ** (math.frexp(finest)[1] - 1)


def clip_to_lattice(values: NDArray[np.float64], clip_norm: float, spacing: float) -> NDArray[np.int64]:
    """Return a vector clipped to an L2 norm and truncated toward zero, in lattice points.

    Parameters
    ----------
    values : float64 array, shape (n,)
        Any floats; if one is not finite the vector counts as zero.
    clip_norm : float
        At most 2**31 lattice points, which `lattice_spacing` keeps to for up to 2**43 coordinates.
    spacing : float
        A power of two.

    Returns
    -------
    int64 array, shape (n,)

    Guarantees
    ----------
    The sum of squares is at most the square of ``floor(clip_norm / spacing)``, in exact integers, whatever the floats
    before did: it is checked, and what exceeds it is scaled down again.
    """
    limit = math.floor(clip_norm / spacing)
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return np.zeros(len(values), dtype=np.int64)
    # Relative to the largest, squares neither overflow nor vanish.
    relative = values / largest
    norm = math.sqrt(relative @ relative)
    scaled = values / spacing if largest * norm <= clip_norm else relative * (clip_norm / spacing / norm)
    points = np.trunc(scaled).astype(np.int64)
    while (squares := int(points @ points)) > limit**2:
        points = np.trunc(points * ((1 - 2.0**-40) * limit / math.sqrt(squares))).astype(np.int64)
    return points
