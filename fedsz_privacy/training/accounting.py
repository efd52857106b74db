"""Guarantees from privacy events: thin calls to dp-accounting."""

from collections.abc import Callable, Sequence
from functools import partial
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
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, DELTA, EPSILON, require_in

if TYPE_CHECKING:
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant

LEAST_NOISE = ACCOUNTED_NOISE_MULTIPLIER.least
"""Smallest noise multiplier that is looked at."""

FINE, COARSE = 1e-4, 1e-3
"""Discretisations of privacy losses: the coarse one is quicker, and loose where the loss of one step is small."""

CLOSE = 0.99
"""Share of an epsilon that calibrated noise reaches, at least."""

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
        f"{steps} steps at noise multiplier {write_rounded(noise, 4)} and sampling rate {write_rounded(rate, 4)}"
        for noise, rate, steps in history
    )


def require_accountable(event: DpEvent, path: str) -> None:
    """Raise InputError if what an import path gave has an event that no accountant knows."""
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant

    if not (LossAccountant().supports(event) or RenyiAccountant().supports(event)):
        raise InputError(
            f"{path} has an event of type {type(event).__name__}, which neither dp-accounting's PLD accountant nor its "
            "RDP accountant knows: give one that they do, such as GaussianDpEvent"
        )


def accountant(event: DpEvent, delta: float, interval: float = FINE) -> "LossAccountant | RenyiAccountant":
    """Return the tightest fresh accountant that knows an event: by privacy losses, else by Renyi divergences.

    Of so many compositions that floats may lose half of delta, it is by Renyi divergences where these are known: they
    add up without loss. An event in which a discrete Gaussian is composed with a finite mechanism is known to neither,
    and refused by its ``compose``.
    """
    from fedsz_privacy.training.accountants import LossAccountant, RenyiAccountant, rounding

    losses, divergences = LossAccountant(value_discretization_interval=interval), RenyiAccountant()
    known = losses.supports(event)
    rounds = 2 * rounding(event) > delta and divergences.supports(event)
    return losses if known and not rounds else divergences


def epsilon(event: DpEvent, delta: float) -> float:
    """Return the epsilon that an event guarantees at delta, in nats; inf for none.

    By privacy loss distributions where these are known, and by Renyi divergences otherwise, as of the discrete
    Gaussian: of many dimensions its losses are not known, its divergences are.
    """
    return float(accountant(event, delta).compose(event).get_epsilon(delta))


def calibrate(event: Callable[[float], DpEvent], eps: float, delta: float) -> float:
    """Return the least noise multiplier at which an event guarantees eps at delta, by a search that ends just above it.

    What it guarantees there is no more than eps, and no less than a share `CLOSE` of it. The accountant is that of
    `epsilon`, for adding or removing one unit of privacy.

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
    from dp_accounting.mechanism_calibration import (
        BracketInterval,
        ExplicitBracketInterval,
        LowerEndpointAndGuess,
        calibrate_dp_mechanism,
    )

    def search(interval: float, bracket: BracketInterval) -> float:
        fresh = partial(accountant, event(1.0), delta, interval)
        return float(calibrate_dp_mechanism(fresh, event, eps, delta, bracket_interval=bracket, tol=1e-4))

    most = accountant(event(LEAST_NOISE), delta, COARSE).compose(event(LEAST_NOISE)).get_epsilon(delta)
    if eps >= most:
        raise InputError(
            f"eps {eps}: choose less, or noise multiplier {LEAST_NOISE}, the least that is accounted for: it keeps to "
            f"{most:.3g}"
        )
    multiplier = search(min(max(FINE, COARSE * eps), COARSE), LowerEndpointAndGuess(LEAST_NOISE, 1.0))
    if epsilon(event(multiplier), delta) >= CLOSE * eps:
        return multiplier
    less = max(multiplier / 2, LEAST_NOISE)
    while epsilon(event(less), delta) <= eps:
        if less == LEAST_NOISE:
            return less
        less = max(less / 2, LEAST_NOISE)
    return search(FINE, ExplicitBracketInterval(less, multiplier))
