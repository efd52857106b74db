"""A mechanism made of Gaussian noise, with more of it or with less: the family that its own trade-off curves make."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import scipy

from fedsz_privacy.core.dp_events import (
    ComposedDpEvent,
    DpEvent,
    GaussianDpEvent,
    PoissonSampledDpEvent,
    SelfComposedDpEvent,
)
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

if TYPE_CHECKING:
    from fedsz_privacy.training.accountants import LossAccountant

DISCRETISATION = 1e-3
"""Of privacy losses, in nats. Connect-the-dots errs towards a larger total variation, so towards a smaller bound."""

LEAST, MOST = 2.0**-10, 2.0**20
"""Factors of noise that are looked at."""


def with_noise(event: DpEvent, factor: float) -> DpEvent:
    """Return an event with so many times the noise, at the same sampling rates and as many steps.

    A discrete Gaussian counts as a continuous one: on a lattice of hundreds of points to a standard deviation no
    attack tells them apart, and the family's curves are known.

    Raises
    ------
    InputError
        If it is not made of Gaussian noise alone.
    """
    match event:
        case GaussianDpEvent() | DiscreteGaussianDpEvent():
            return GaussianDpEvent(event.noise_multiplier * factor)
        case PoissonSampledDpEvent():
            return PoissonSampledDpEvent(event.sampling_probability, with_noise(event.event, factor))
        case SelfComposedDpEvent():
            return SelfComposedDpEvent(with_noise(event.event, factor), event.count)
        case ComposedDpEvent():
            return ComposedDpEvent([with_noise(each, factor) for each in event.events])
        case _:
            raise _no_gaussian(event)


def is_gaussian(event: DpEvent) -> bool:
    """Return whether an event is made of Gaussian noise alone."""
    match event:
        case GaussianDpEvent() | DiscreteGaussianDpEvent():
            return True
        case PoissonSampledDpEvent() | SelfComposedDpEvent():
            return is_gaussian(event.event)
        case ComposedDpEvent():
            return all(map(is_gaussian, event.events))
        case _:
            return False


def require_gaussian(event: DpEvent) -> None:
    """Raise InputError unless an event is made of Gaussian noise alone."""
    if not is_gaussian(event):
        raise _no_gaussian(event)


def _no_gaussian(event: DpEvent) -> InputError:
    return InputError(
        f"an event of type {type(event).__name__} is not made of Gaussian noise: use the null AnyMechanism()"
    )


def smallest_multiplier(event: DpEvent) -> float:
    """Return the smallest noise multiplier in an event of Gaussian noise."""
    match event:
        case GaussianDpEvent() | DiscreteGaussianDpEvent():
            return float(event.noise_multiplier)
        case ComposedDpEvent():
            return min(map(smallest_multiplier, event.events))
        case _:
            return smallest_multiplier(event.event)


def epsilon_of_advantage(event: DpEvent, advantage: float, delta: float) -> float:
    r"""Return the epsilon at which the family of an event has a total variation, in nats; 0 for no advantage.

    Let :math:`M_s` be the mechanism with s times the noise. Its total variation, :math:`\delta(0)` of its privacy loss
    distribution, falls with s. The s whose total variation is the advantage is found, and epsilon is that of
    :math:`M_s` at delta.

    Parameters
    ----------
    event : DpEvent
        The event, for any amount of noise.
    advantage, delta : float
        The total variation, and the delta that epsilon is for.
    """
    if advantage <= 0:
        return 0.0
    composed = _composed(event)
    floor = max(LEAST, ACCOUNTED_NOISE_MULTIPLIER.least / smallest_multiplier(event))

    def excess(factor: float) -> float:
        return float(composed(factor).get_delta(0.0)) - advantage

    low = high = 1.0
    while excess(low) < 0:
        if low <= floor:
            return float(composed(floor).get_epsilon(delta))
        low = max(low / 2, floor)
    while excess(high) > 0:
        if high >= MOST:
            return 0.0
        high *= 2
    factor = low if low == high else scipy.optimize.brentq(excess, low, high, rtol=1e-6)
    return float(composed(factor).get_epsilon(delta))


def _composed(event: DpEvent) -> "Callable[[float], LossAccountant]":
    from fedsz_privacy.training.accountants import LossAccountant

    @cache
    def composed(factor: float) -> LossAccountant:
        accountant = LossAccountant(value_discretization_interval=DISCRETISATION)
        accountant.compose(with_noise(event, factor))
        return accountant

    return composed
