"""Guarantees from privacy events: thin calls to dp-accounting."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from fedsz_privacy.core.dp_events import (
    ComposedDpEvent,
    DpEvent,
    GaussianDpEvent,
    NonPrivateDpEvent,
    PoissonSampledDpEvent,
    SelfComposedDpEvent,
)
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, DELTA, EPSILON, require_in

if TYPE_CHECKING:
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant

LEAST_NOISE = ACCOUNTED_NOISE_MULTIPLIER.least
"""Smallest noise multiplier that is looked at."""

FINE, COARSE = 1e-4, 1e-3
"""Discretisations of privacy losses: the coarse one is quicker, and only loose where epsilon is small."""

History: TypeAlias = Sequence[tuple[float, float, int]]
"""What an accountant of Opacus has counted: noise multiplier, sampling rate, and how many steps in a row had both."""


def composed(event: DpEvent, times: int) -> DpEvent:
    """Return the event of so many times the same, on the same records; of nothing guaranteed, the same nothing."""
    return event if times == 1 or isinstance(event, NonPrivateDpEvent) else SelfComposedDpEvent(event, times)


def event_of(history: History) -> DpEvent:
    """Return the event of what an accountant of Opacus has counted: Poisson-sampled Gaussian mechanisms.

    Batches that were added up count at the sum of their rates, as Opacus has it, and of at most 1.
    """
    return ComposedDpEvent(
        [
            SelfComposedDpEvent(PoissonSampledDpEvent(min(rate, 1.0), GaussianDpEvent(noise)), steps)
            for noise, rate, steps in history
        ]
    )


def describe(history: History) -> str:
    """Return what an accountant of Opacus has counted, in words."""
    return ", ".join(
        f"{steps} steps at noise multiplier {noise:.4g} and sampling rate {rate:.4g}" for noise, rate, steps in history
    )


def require_accountable(event: DpEvent, path: str) -> None:
    """Raise InputError if what an import path gave has an event that no accountant knows."""
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant

    if not (LossAccountant().supports(event) or RenyiAccountant().supports(event)):
        raise InputError(
            f"{path} has an event of type {type(event).__name__}, which neither dp-accounting's PLD accountant nor its "
            "RDP accountant knows: give one that they do, such as GaussianDpEvent"
        )


def accountant(event: DpEvent, interval: float = FINE) -> "LossAccountant | RenyiAccountant":
    """Return the tightest fresh accountant that knows an event: by privacy losses, else by Renyi divergences.

    An event in which a discrete Gaussian is composed with a finite mechanism is known to neither, and refused by its
    ``compose``.
    """
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant

    losses = LossAccountant(value_discretization_interval=interval)
    return losses if losses.supports(event) else RenyiAccountant()


def epsilon(event: DpEvent, delta: float) -> float:
    """Return the epsilon that an event guarantees at delta, in nats; inf for none.

    By privacy loss distributions where these are known, and by Renyi divergences otherwise, as of the discrete
    Gaussian: of many dimensions its losses are not known, its divergences are.
    """
    return float(accountant(event).compose(event).get_epsilon(delta))


def calibrate(event: Callable[[float], DpEvent], eps: float, delta: float) -> float:
    """Return the least noise multiplier at which an event guarantees eps at delta, by a search that ends just above it.

    The accountant is that of `epsilon`, for adding or removing one unit of privacy: dp-accounting's ``PLDAccountant``
    (privacy loss distributions, pessimistic, connect-the-dots) of all but the discrete Gaussian.

    Parameters
    ----------
    event : callable
        Makes the event from a noise multiplier; more noise must not give a larger epsilon.
    eps, delta : float
        The guarantee to reach, eps in nats.

    Raises
    ------
    InputError
        If eps or delta is out of range, or eps is so large that next to no noise
        reaches it.
    """
    require_in(EPSILON, eps, "eps")
    require_in(DELTA, delta, "delta")
    from dp_accounting.mechanism_calibration import LowerEndpointAndGuess, calibrate_dp_mechanism

    interval = min(max(FINE, COARSE * eps), COARSE)
    most = accountant(event(LEAST_NOISE), COARSE).compose(event(LEAST_NOISE)).get_epsilon(delta)
    if eps >= most:
        raise InputError(f"eps {eps}: choose less than {most:.0f}, which a noise multiplier of {LEAST_NOISE} reaches")
    multiplier = calibrate_dp_mechanism(
        lambda: accountant(event(1.0), interval),
        event,
        eps,
        delta,
        bracket_interval=LowerEndpointAndGuess(LEAST_NOISE, 1.0),
        tol=1e-4,
    )
    return float(multiplier)
