"""Conditions of a proof that a run can see for itself: a claim whose noise is not there is refused, with the reason.

A release is tried on made-up updates, as a box that is not opened: the same update with other noise, and other updates
with the same noise. What fails is a counterexample to the claim. What passes is no proof of it.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy
import torch
from torch import Tensor

from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release, release_copy

DRAWS = 16
"""Draws of the noise in which at least half of a tensor's elements must move: coarse noise repeats now and then."""

HUGE = 1e4
"""Size of each element of an update that any clip norm in use must cut."""

MEETINGS = 8
"""Draws of the noise that two updates meet, to see how far one client moves what is sent."""

TRIED = 2**12
"""Elements of a tensor that a release is tried on, rows whole."""

PAIRS = 2
"""Pairs of draws that a standard deviation is taken from."""

SLACK = 0.1
"""Relative excess of a norm that is forgiven, beside the error of the sample: floats round."""

TRUNCATED = 2.0
"""Factor that a standard deviation may change by: a clamp cuts the noise of a value at its edge, by about .6."""

FALSE_ALARM = 1e-6
"""Probability that a sound tensor is called unsound, for noise with tails no heavier than Laplace's."""

KURTOSIS = 2.5
"""How much less a sample of Laplace noise says of its standard deviation than one of Gaussian noise as large."""


@dataclass(frozen=True)
class Probe:
    """A release, tried on updates of the kind that a state gives.

    Parameters
    ----------
    release : Release
        The release alone, without what stands before it or behind it.
    state : StateDict
        Names, shapes and dtypes of an update.
    seed : int
        Of the made-up updates and of the noise.
    """

    release: Release
    state: StateDict
    seed: int

    @cached_property
    def still(self) -> StateDict:
        """The update of a client that has not moved."""
        return {name: torch.zeros_like(tensor) for name, tensor in self.state.items()}

    @cached_property
    def huge(self) -> StateDict:
        """An update that is far above any clip norm in every tensor, with other integers."""
        return self._made_up(HUGE)

    @cached_property
    def tiny(self) -> StateDict:
        """An update in the same direction that is far below any clip norm."""
        return self._made_up(1 / HUGE)

    @property
    def repeats(self) -> bool:
        """Whether the generator decides the noise, so that two updates can meet the same; not so of a secure source."""
        return not any(each.any() for each in _difference(self.sent(self.still, 0), self.sent(self.still, 0)).values())

    def _made_up(self, size: float) -> StateDict:
        draws = np.random.default_rng(self.seed)
        return {
            name: torch.from_numpy(np.asarray(size * draws.standard_normal(tensor.shape))).to(tensor.dtype)
            if tensor.is_floating_point()
            else torch.ones_like(tensor)
            for name, tensor in self.state.items()
        }

    def sent(self, update: StateDict, noise: int) -> StateDict:
        """Return what an observer holds of an update, under that draw of the noise."""
        return release_copy(self.release, update, np.random.default_rng([self.seed, noise])).update


def find_unmet(release: Release, state: StateDict, seed: int = 0) -> str | None:
    """Return the first condition of a release's proof that does not hold, in words; None if none is found.

    Parameters
    ----------
    release : Release
        A release with a guarantee; of several in a row the one that the guarantee is of is tried.
    state : StateDict
        A model's state: names, shapes and dtypes of the updates.
    seed : int
        Of everything that is drawn.
    """
    probe = Probe(release.noisy, {name: _first_rows(tensor) for name, tensor in state.items()}, seed)
    return next((found for check in CHECKS for found in check(probe)), None)


def hold_to_conditions(release: Release, state: StateDict, seed: int = 0) -> Release:
    """Return a release as it is, or without the guarantee that it claims where a condition of it does not hold."""
    if not release.is_proved or (found := find_unmet(release, state, seed)) is None:
        return release
    reason = f"its claim is refused: {found}"
    return replace(release, event=NonPrivateDpEvent(), reason=reason, outsiders=None, refused=found)


def _first_rows(tensor: Tensor) -> Tensor:
    """Return about `TRIED` elements of a tensor, or all: a few tell as much, and a large model is tried as quickly."""
    if tensor.numel() <= TRIED:
        return tensor
    return tensor[: max(1, TRIED * len(tensor) // tensor.numel())]


def _unmoved(probe: Probe) -> Iterator[str]:
    """Yield the float tensors of which half or more leave without noise."""
    first = probe.sent(probe.still, 0)
    moved = {name: torch.zeros_like(tensor, dtype=torch.bool) for name, tensor in first.items()}
    for noise in range(1, DRAWS):
        for name, tensor in probe.sent(probe.still, noise).items():
            moved[name] |= tensor != first[name]
        if all(_mostly(each) for each in moved.values()):
            return
    for name, each in moved.items():
        if probe.state[name].is_floating_point() and not _mostly(each):
            yield f"{name} leaves without noise"


def _carried(probe: Probe) -> Iterator[str]:
    """Yield the integers that leave as they are."""
    still, huge = probe.sent(probe.still, 0), probe.sent(probe.huge, 0)
    for name, tensor in probe.state.items():
        if not tensor.is_floating_point() and not torch.equal(still[name], huge[name]):
            yield f"{name} holds integers that leave without noise"


def _spread_by_data(probe: Probe) -> Iterator[str]:
    """Yield the tensors whose noise is larger on one update than on another."""
    tiny, huge = _spreads(probe, probe.tiny), _spreads(probe, probe.huge)
    for name in tiny:
        degrees = PAIRS * probe.state[name].numel() / KURTOSIS
        most = TRUNCATED * math.sqrt(scipy.stats.f.isf(FALSE_ALARM, degrees, degrees))
        if max(huge[name], tiny[name]) > most * min(huge[name], tiny[name]):
            yield f"the noise of {name} depends on the update, and so tells of it"


def _unclipped(probe: Probe) -> Iterator[str]:
    """Yield by how much one client moves what is sent, where its noise allows for less."""
    multiplier = noise_multiplier(probe.release.event)
    if multiplier is None or not probe.repeats:
        return
    shift = _least_shift(probe)
    noise = _difference(probe.sent(probe.still, 1), probe.sent(probe.still, 0))
    elements = sum(tensor.numel() for tensor in noise.values())
    spread = _norm(noise.values()) / math.sqrt(2 * elements)
    most = (1 + SLACK) * math.sqrt(elements / scipy.stats.chi2.ppf(FALSE_ALARM, elements))
    if shift * multiplier > most * spread:
        yield (
            f"one client moves what is sent by {shift / spread:.3g} standard deviations of the noise, and the claim is "
            f"of {1 / multiplier:.3g} at most"
        )


CHECKS: tuple[Callable[[Probe], Iterable[str]], ...] = (_unmoved, _carried, _spread_by_data, _unclipped)


def _least_shift(probe: Probe) -> float:
    """Return how far the huge update moves what is sent along its own direction, at least.

    Both updates meet the same noise. Where noise is added, every draw says the same; where it decides between cells, as
    in a quantiser with dither, draws differ, and it is their mean that is no larger than the clip norm.
    """
    moved = [
        _along(probe.huge, _difference(probe.sent(probe.huge, noise), probe.sent(probe.still, noise)))
        for noise in range(MEETINGS)
    ]
    error = float(np.std(moved, ddof=1)) / math.sqrt(MEETINGS)
    return float(np.mean(moved) - scipy.stats.t.isf(FALSE_ALARM, MEETINGS - 1) * error)


def _along(direction: StateDict, difference: StateDict) -> float:
    """Return the length of a difference along the direction of an update."""
    floats = {name: direction[name].double() for name in difference}
    return sum(float((floats[name] * each).sum()) for name, each in difference.items()) / _norm(floats.values())


def noise_multiplier(event: DpEvent) -> float | None:
    """Return the noise multiplier of one mechanism that adds noise; None for an event of any other kind.

    Laplace noise of multiplier m has a standard deviation of more than m times its L1 clip norm, and no L2 norm is
    above an L1 norm: it meets a condition on the L2 norm over the standard deviation with room to spare.
    """
    found = getattr(event, "noise_multiplier", None)
    return None if found is None else float(found)


def _spreads(probe: Probe, update: StateDict) -> dict[str, float]:
    """Return the standard deviation of the noise in each tensor."""
    pairs = [
        _difference(probe.sent(update, 2 * pair), probe.sent(update, 2 * pair + 1)) for pair in range(1, PAIRS + 1)
    ]
    return {
        name: math.sqrt(sum(float(pair[name].square().sum()) for pair in pairs) / (2 * PAIRS * tensor.numel()))
        for name, tensor in pairs[0].items()
        if tensor.numel()
    }


def _difference(one: StateDict, other: StateDict) -> dict[str, Tensor]:
    """Return the difference of the float tensors of two updates."""
    return {name: tensor.double() - other[name] for name, tensor in one.items() if tensor.is_floating_point()}


def _norm(tensors: Iterable[Tensor]) -> float:
    return math.sqrt(sum(float(tensor.square().sum()) for tensor in tensors))


def _mostly(moved: Tensor) -> bool:
    return float(moved.double().mean()) > 0.5 if moved.numel() else True
