"""Bits against mu: what each release costs, and how far one client stands out of its noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.methods.frontier import FrontierPoint, as_if_mu, information_floor
from fedsz_privacy.core.dp_events import GaussianDpEvent, NonPrivateDpEvent
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

if TYPE_CHECKING:
    from analysis.methods.noise.residuals import Residual
    from analysis.studies.noise.update_study import NoiseStudy

SAMPLED = 2**16
"""Most values of a tensor that a floor is computed of."""


@dataclass(frozen=True)
class Frontier:
    """What releases cost, for one client's update, there or not, in one round.

    Attributes
    ----------
    points : mapping of str to FrontierPoint
        One for each defence that is a release alone.
    tensors : tuple of float64 array
        What went into the releases: values of each tensor, over all updates.
    norm : float
        Root mean square norm of an update, in its own unit.
    """

    points: Mapping[str, FrontierPoint]
    tensors: tuple[NDArray[np.float64], ...]
    norm: float

    def floor(self, mu: float) -> float:
        """Return I(X; X + N) in bits a coordinate, for Gaussian noise of one size that has a mu on these updates."""
        return information_floor(self.tensors, self.norm / mu)

    def floor_of(self, point: FrontierPoint) -> float | None:
        """Return the same for the noise that a release adds to these updates; None if it adds none."""
        if point.mu is None:
            return None
        # A clipped update is as long as the clip norm, and has the guaranteed mu; a shorter one has less.
        return information_floor(self.tensors, max(point.deviation or 0.0, self.norm / point.mu))


def find_frontier(
    defences: Sequence[Defence],
    noise: Mapping[str, "NoiseStudy | None"],
    sizes: Mapping[str, float],
    state: StateDict,
) -> Frontier | None:
    """Return the frontier of some defences; None if no release makes an error.

    Parameters
    ----------
    defences : sequence of Defence
        The defences; those that train privately are left out, as their noise is not the release's.
    noise : mapping of str to NoiseStudy or None
        The error of each.
    sizes : mapping of str to float
        Mean size of an update on the wire, in bytes.
    state : StateDict
        What an update is like.
    """
    chosen = [each for each in defences if isinstance(each.training.event, NonPrivateDpEvent)]
    parts = {each.name: list(study.residuals.values()) if (study := noise[each.name]) else [] for each in chosen}
    went_in = max(parts.values(), key=len, default=[])
    if not went_in:
        return None
    elements = sum(tensor.numel() for tensor in state.values() if tensor.is_floating_point())
    squares = sum(float(np.square(part.original).sum()) / len(part.bounds) for part in went_in)
    return Frontier(
        {each.name: _point(each, parts[each.name], 8 * sizes[each.name] / elements) for each in chosen},
        tuple(map(_values, went_in)),
        float(np.sqrt(squares)),
    )


def _values(part: "Residual") -> NDArray[np.float64]:
    """Return a sample of what went in, with the zeros that no update touched."""
    everything = np.concatenate([part.original, np.zeros(part.elements - part.original.size)])
    return everything[:: max(1, everything.size // SAMPLED)]


def _point(defence: Defence, parts: "Sequence[Residual]", bits: float) -> FrontierPoint:
    event = defence.release.event
    if isinstance(event, GaussianDpEvent | DiscreteGaussianDpEvent) and not defence.claimed:
        return FrontierPoint(bits, 1 / event.noise_multiplier, None, defence.release.sigma)
    if not parts:
        return FrontierPoint(bits, None, None)
    originals, errors = [part.original for part in parts], [part.error for part in parts]
    return FrontierPoint(bits, None, as_if_mu(originals, errors, len(parts[0].bounds)))
