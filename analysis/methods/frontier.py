"""What a noisy update must cost at least: bits a coordinate against how well one client hides in the noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from fedsz_privacy.core.magnitude import root_of_squares

CELLS = 32
"""Cells of a density for one standard deviation of the noise, or of the values where that is less."""

REACH = 9
"""Standard deviations of the noise that are looked at on either side; beyond lies less than 1e-18."""

MOST_CELLS = 2**24
"""Cells of one density, to bound memory."""

WEAK = 1e-6
"""Signal-to-noise ratio below which values that lie closer together than the noise is wide pass for Gaussian ones.

What skewness and kurtosis take from the information of Gaussian values is then less than a part in 1e6 of it.
"""


@dataclass(frozen=True)
class FrontierPoint:
    """One release: what a coordinate costs, and how far one client's update stands out of its noise.

    Attributes
    ----------
    bits : float
        Bits on the wire for each coordinate of an update.
    guaranteed_mu : float or None
        Clip norm over the standard deviation of the noise, of one round; None without a proof of Gaussian noise.
    as_if_mu : float or None
        Norm of a client's update over the root mean square of the error, tensor by tensor; None without an error. It
        would be mu if the error were independent Gaussian noise: a description.
    deviation : float or None
        Standard deviation of the noise that the proof is of, in the updates' unit; None without a proof, or where it is
        not public.
    """

    bits: float
    guaranteed_mu: float | None
    as_if_mu: float | None
    deviation: float | None = None

    @property
    def mu(self) -> float | None:
        """The guaranteed mu where there is one, else the as-if one."""
        return self.as_if_mu if self.guaranteed_mu is None else self.guaranteed_mu


def mutual_information(values: NDArray[np.float64], deviation: float) -> float:
    """Return I(X; X + N) in bits, for X drawn of some values and independent Gaussian noise N.

    It is h(X + N) - h(N), and no code that gives X + N from X, whatever is shared beforehand, needs fewer bits a
    coordinate in the mean (Cover and Thomas, Elements of Information Theory, 2006, chapter 10). That is of coordinates
    that are drawn independently: where some tell of others, as in an update of low rank, a code may need fewer.

    Parameters
    ----------
    values : float64 array, shape (n,)
        The values that X takes, each with probability 1/n. So it is at most log2(n).
    deviation : float
        Standard deviation of N, in the unit of the values.
    """
    ratio = float(values.var()) / deviation**2
    if ratio < WEAK and np.ptp(values) < deviation:
        return float(np.log1p(ratio) / np.log(4))
    finest = (float(np.ptp(values)) + 2 * REACH * deviation) / MOST_CELLS
    step = max(min(deviation, float(values.std()) or deviation) / CELLS, finest)
    cells = np.rint((values - values.min()) / step).astype(np.int64)
    masses = np.bincount(cells) / len(values)
    offsets = np.arange(-round(REACH * deviation / step), round(REACH * deviation / step) + 1) * step / deviation
    noise = np.exp(-(offsets**2) / 2)
    noise /= noise.sum()
    mixed = np.maximum(scipy.signal.oaconvolve(masses, noise), 0)
    return float(scipy.special.entr(mixed).sum() - scipy.special.entr(noise).sum()) / float(np.log(2))


def information_floor(tensors: Sequence[NDArray[np.float64]], deviation: float) -> float:
    """Return the mean of I(X; X + N) over the coordinates of several tensors, in bits, each tensor known to be itself.

    Parameters
    ----------
    tensors : sequence of float64 array, shape (n,)
        The values of each.
    deviation : float
        Standard deviation of the noise, the same in all of them.
    """
    counts = [len(values) for values in tensors]
    return float(np.average([mutual_information(values, deviation) for values in tensors], weights=counts))


def as_if_mu(originals: Sequence[NDArray[np.float64]], errors: Sequence[NDArray[np.float64]], updates: int) -> float:
    """Return the norm of one update over the size of its error, tensors composed as those of Gaussian noise are.

    Parameters
    ----------
    originals, errors : sequence of float64 array, shape (n,)
        What went in, and what came out minus that, of each tensor, over all updates together.
    updates : int
        How many updates.
    """
    norms = np.array([np.sqrt(np.square(each).sum() / updates) for each in originals])
    deviations = np.array([np.sqrt(np.square(each).mean()) for each in errors])
    return root_of_squares(norms / deviations)
