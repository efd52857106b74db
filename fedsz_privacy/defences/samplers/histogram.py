r"""The discrete Gaussian by rejection from a histogram, vectorised: fast, and not certified.

Numbers are :math:`k = \pm (h w + o)`: a cell h of width w, a power of two of about sigma/32 to sigma/16, is drawn from
a table with the weight :math:`e^{-(h w)^2 / 2 \sigma^2}` of its left end, an offset o uniformly within it, and k is
kept with probability :math:`e^{-(k^2 - (h w)^2) / 2 \sigma^2}`, and -0 never. What is kept has probabilities
proportional to :math:`e^{-k^2 / 2 \sigma^2}` (the rejection sampling of Canonne, Kamath and Steinke, arXiv 2004.00010,
Algorithm 3, with a histogram in the place of the discrete Laplace).

It departs from that distribution in two ways. The table is rounded to 64 bits and ends at 10 sigma, which is a total
variation of at most 2**-55 a coordinate. Probabilities to keep are of 53 bits, so each number's probability is off by a
factor of at most 1 ± 2**-49. On d coordinates that adds no more than d (1 + e^epsilon) 2**-55 to delta and d 2**-48 to
epsilon.
"""

from decimal import Decimal, localcontext
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fedsz_privacy.core.words import Words, random_words

Integers = NDArray[np.int64]

CELLS = 16
"""Least number of cells to a sigma, from 16 sigma on; below it each integer is a cell."""

REACH = 10
"""Sigmas after which the table ends."""

CHUNK = 2**16
"""Numbers drawn at a time: what they take fits into a processor's cache."""


def draw_discrete_gaussian(sigma: float, count: int, generator: Generator) -> Integers:
    r"""Return independent integers of probabilities proportional to :math:`e^{-k^2 / 2 \sigma^2}`.

    Parameters
    ----------
    sigma : float
        From 1/8 to 2**40.
    count : int
        How many.
    generator : numpy Generator
        Of 64 bits; a `SystemGenerator` in deployment.

    Returns
    -------
    int64 array, shape (count,)
    """
    found, missing = [np.empty(0, dtype=np.int64)], count
    while missing:
        proposals = min(missing, CHUNK)
        found.append(_propose(sigma, *random_words(generator, 3 * proposals).reshape(3, proposals)))
        missing -= len(found[-1])
    return np.concatenate(found)


def add_discrete_gaussian(values: Integers, sigma: float, generator: Generator) -> Integers:
    """Return integers with a discrete Gaussian added to each."""
    return values + draw_discrete_gaussian(sigma, len(values), generator)


def _propose(sigma: float, cells: Words, offsets: Words, chances: Words) -> Integers:
    """Return those of as many proposals that are kept."""
    width = cell_width(sigma)
    left = width * np.searchsorted(cell_table(sigma), cells, side="right")
    offset = (offsets & np.uint64(width - 1)).astype(np.int64)
    negative = offsets >> np.uint64(63) == 1
    square = offset.astype(np.float64) * (2.0 * left + offset)
    kept = chances >> np.uint64(11) < np.exp(-square / (2 * sigma**2)) * 2.0**53
    size = left + offset
    number: Integers = np.where(negative, -size, size)[kept & ~(negative & (size == 0))]
    return number


def cell_width(sigma: float) -> int:
    """Return how many integers a cell holds: a power of two."""
    return 1 << max(0, int(sigma / CELLS).bit_length() - 1)


@lru_cache(maxsize=8)
def cell_table(sigma: float) -> Words:
    """Return for each cell but the last the words that lie in it or before: 2**64 times its distribution function."""
    width = cell_width(sigma)
    with localcontext() as context:
        context.prec = 40
        scale = 2 * Decimal(sigma) ** 2
        weights = [(-Decimal((cell * width) ** 2) / scale).exp() for cell in range(int(REACH * sigma / width) + 2)]
        sums = list(accumulate(weights))
        return np.array([min(round(each / sums[-1] * 2**64), 2**64 - 1) for each in sums[:-1]], dtype=np.uint64)
