"""As-if privacy: what the error would guarantee if it were independent noise of a given law, which it is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from dp_accounting import get_epsilon_gaussian
from numpy.typing import NDArray

from analysis.neighbours import NeighbourPair
from analysis.noise import NoiseFit
from fedsz_privacy.release import Released

DELTA = 1e-5


@dataclass(frozen=True)
class AsIf:
    """Matched-noise epsilon of a release's lossy tensors: a description, never a guarantee.

    Each figure asks what would hold for the difference between two neighbouring updates if every tensor's error were
    independent noise of the family, fitted to that tensor. Figures are medians over neighbour pairs.

    Attributes
    ----------
    coordinates : int
        Number of coordinates that go through the lossy stage; all others travel exactly.
    l1, l2 : float
        Norms of the difference between neighbours over those coordinates, in the update's own unit.
    laplace_epsilon : float
        Pure epsilon of Laplace noise, in nats.
    gaussian_epsilon : float
        Epsilon of Gaussian noise at `DELTA`, in nats.
    uniform_delta : float
        Delta of uniform noise on the error bound; it is the same at every epsilon.
    """

    coordinates: int
    l1: float
    l2: float
    laplace_epsilon: float
    gaussian_epsilon: float
    uniform_delta: float


def laplace_epsilon(l1: NDArray[np.float64], scale: NDArray[np.float64]) -> float:
    """Return epsilon of Laplace noise, the sum over tensors of L1 difference over scale (Dwork et al., TCC 2006)."""
    return float(np.sum(l1 / scale))


def gaussian_epsilon(l2: NDArray[np.float64], deviation: NDArray[np.float64], delta: float) -> float:
    """Return epsilon of Gaussian noise at delta, tensors composed through mu (Balle and Wang, ICML 2018)."""
    mu = float(np.sqrt(np.sum((l2 / deviation) ** 2)))
    return float(get_epsilon_gaussian(1 / mu, delta)) if mu > 0 else 0.0


def uniform_delta(differences: Sequence[NDArray[np.float64]], bounds: Sequence[float]) -> float:
    """Return delta, at every epsilon, of independent uniform noise on each tensor's (-bound, bound)."""
    overlaps = [np.clip(1 - np.abs(d) / (2 * b), 0, 1).prod() for d, b in zip(differences, bounds, strict=True)]
    return float(1 - np.prod(overlaps))


def as_if(pairs: Sequence[NeighbourPair], released: Sequence[Released], tensors: Mapping[str, NoiseFit]) -> AsIf:
    """Return the matched-noise figures of one release.

    Parameters
    ----------
    pairs : sequence of NeighbourPair
        Neighbouring updates.
    released : sequence of Released
        What each pair's update was released as.
    tensors : mapping of str to NoiseFit
        Each lossy tensor's fit, on error over bound.
    """
    rows = [_of_pair(pair, each.bounds, tensors) for pair, each in zip(pairs, released, strict=True)]
    coordinates = sum(pairs[0].update[name].numel() for name in tensors)
    return AsIf(coordinates, *map(float, np.median(rows, axis=0)))


def _of_pair(pair: NeighbourPair, bounds: Mapping[str, float], tensors: Mapping[str, NoiseFit]) -> list[float]:
    differences = [pair.difference[name].flatten().double().numpy() for name in tensors]
    units = np.array([bounds[name] for name in tensors])
    scales = {family: units * [fit.of(family).scale for fit in tensors.values()] for family in ("laplace", "normal")}
    l1 = np.array([np.abs(difference).sum() for difference in differences])
    l2 = np.array([np.linalg.norm(difference) for difference in differences])
    return [
        float(l1.sum()),
        float(np.linalg.norm(l2)),
        laplace_epsilon(l1, scales["laplace"]),
        gaussian_epsilon(l2, scales["normal"], DELTA),
        uniform_delta(differences, units.tolist()),
    ]
