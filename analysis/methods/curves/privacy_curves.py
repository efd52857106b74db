"""As-if privacy: what the error would guarantee if it were independent noise of a given distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.methods.curves.deciding import Comparison
from fedsz_privacy.core.magnitude import norm, root_of_squares

if TYPE_CHECKING:
    from analysis.methods.noise.noise_fit import NoiseFit


@dataclass(frozen=True)
class Scales:
    """Scales of the distributions fitted to one tensor's error, in the update's own unit.

    Attributes
    ----------
    laplace, deviation : float
        Scale of the Laplace distribution, and standard deviation of the normal distribution.
    """

    laplace: float
    deviation: float


@dataclass(frozen=True)
class AsIf:
    """Matched-noise epsilon of a release's lossy tensors: a description, never a guarantee.

    Each figure asks what would hold for the difference between two neighbouring updates if every tensor's error were
    independent noise of the family, fitted to that tensor. Figures are medians over neighbour pairs, between the least
    and the greatest of them.

    Attributes
    ----------
    coordinates : int
        Number of coordinates that go through the lossy stage; all others travel exactly.
    l1, l2 : float
        Norms of the difference between neighbours over those coordinates, in the update's own unit.
    laplace_epsilon : float
        Pure epsilon of Laplace noise, in nats.
    gaussian_epsilon : float
        Epsilon of Gaussian noise at ``delta``, in nats.
    uniform_delta : float
        Delta of uniform noise on the error bound; it is the same at every epsilon.
    delta : float
        The delta of ``gaussian_epsilon``.
    laplace_epsilon_low, laplace_epsilon_high, gaussian_epsilon_low, gaussian_epsilon_high : float
        Least and greatest of each epsilon over the pairs.
    uniform_delta_low, uniform_delta_high : float
        Likewise of ``uniform_delta``.
    """

    coordinates: int
    l1: float
    l2: float
    laplace_epsilon: float
    gaussian_epsilon: float
    uniform_delta: float
    delta: float
    laplace_epsilon_low: float
    laplace_epsilon_high: float
    gaussian_epsilon_low: float
    gaussian_epsilon_high: float
    uniform_delta_low: float
    uniform_delta_high: float


def laplace_epsilon(l1: NDArray[np.float64], scale: NDArray[np.float64]) -> float:
    """Return epsilon of Laplace noise, the sum over tensors of L1 difference over scale (Dwork et al., TCC 2006)."""
    return float(np.sum(l1 / scale))


def gaussian_epsilon(l2: NDArray[np.float64], deviation: NDArray[np.float64], delta: float) -> float:
    """Return epsilon of Gaussian noise at delta, tensors composed through mu (Balle and Wang, ICML 2018)."""
    from dp_accounting import get_epsilon_gaussian

    mu = root_of_squares(l2 / deviation)
    with np.errstate(divide="ignore"):  # its logarithm of no difference at all is minus infinity, as it should be
        return float(get_epsilon_gaussian(1 / mu, delta)) if mu > 0 else 0.0


def as_if(pairs: Sequence[Mapping[str, Comparison]], scales: Sequence[Mapping[str, Scales]], delta: float) -> AsIf:
    """Return the matched-noise figures of one release.

    Parameters
    ----------
    pairs : sequence of mapping of str to Comparison
        What each neighbour pair's difference was in each lossy tensor.
    scales : sequence of mapping of str to Scales
        For each pair, the scale of each of those tensors' errors.
    delta : float
        The delta of the Gaussian figure.
    """
    rows = np.array([_of_pair(*each, delta) for each in zip(pairs, scales, strict=True)])
    l1, l2, laplace, gaussian, uniform = np.median(rows, axis=0).tolist()
    ends = np.stack([rows.min(axis=0), rows.max(axis=0)], axis=1)[2:].ravel().tolist()
    return AsIf(sum(each.coordinates for each in pairs[0].values()), l1, l2, laplace, gaussian, uniform, delta, *ends)


def fitted_scales(fit: "NoiseFit", bound: float) -> Scales:
    """Return the scales of a fit on error over bound, in the update's own unit."""
    return Scales(bound * fit.of("laplace").scale, bound * fit.of("normal").scale)


def _of_pair(tensors: Mapping[str, Comparison], scales: Mapping[str, Scales], delta: float) -> list[float]:
    l1 = np.array([each.l1 for each in tensors.values()])
    l2 = np.array([each.l2 for each in tensors.values()])
    return [
        float(l1.sum()),
        norm(l2),
        laplace_epsilon(l1, np.array([scales[name].laplace for name in tensors])),
        gaussian_epsilon(l2, np.array([scales[name].deviation for name in tensors]), delta),
        float(-np.expm1(sum(each.log_overlap for each in tensors.values()))),
    ]
