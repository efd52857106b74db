"""What a lower bound says, and the levels that it can be asked for."""

from dataclasses import dataclass

from fedsz_privacy.core import ranges
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest


@dataclass(frozen=True)
class EpsilonBound:
    """A lower bound on epsilon.

    Attributes
    ----------
    epsilon : float
        In nats; 0 where the data prove nothing.
    delta : float
        The delta that epsilon belongs to.
    confidence : float
        Least probability that the bound is at most the true epsilon.
    """

    epsilon: float
    delta: float
    confidence: float


@dataclass(frozen=True)
class MuBound:
    """A lower bound on mu of Gaussian differential privacy, and the epsilon that it stands for.

    Attributes
    ----------
    mu : float
        No smaller mu makes the mechanism mu-GDP; 0 where the data prove nothing.
    epsilon : float
        Epsilon of mu-GDP at ``delta``, in nats. A bound on epsilon only if the mechanism's trade-off curve is Gaussian.
    delta : float
        The delta that epsilon belongs to.
    confidence : float
        Least probability that the bound is at most the true mu.
    """

    mu: float
    epsilon: float
    delta: float
    confidence: float


def mu_bound(mu: float, delta: float, confidence: float) -> MuBound:
    """Return a bound on mu with its epsilon at delta (Balle and Wang, ICML 2018, Theorem 8)."""
    from dp_accounting import get_epsilon_gaussian

    epsilon = float(get_epsilon_gaussian(1 / mu, delta)) if mu > 0 else 0.0
    return MuBound(mu, epsilon, delta, confidence)


def check_confidence(confidence: float) -> None:
    """Raise InputError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise InputError(f"confidence {confidence:g} is not between 0 and 1: give for example 0.95")


def check_delta(delta: float) -> None:
    """Raise InputError unless 0 <= delta < 1."""
    if not 0 <= delta < 1:
        raise InputError(
            f"delta {write_shortest(delta)} is not in [0, 1): give for example 1e-5, or 0 for pure epsilon"
        )


def check_gaussian_delta(delta: float) -> None:
    """Raise InputError unless 1e-10 <= delta < 1: at 0 Gaussian noise has no finite epsilon, near it none is known."""
    if delta not in ranges.DELTA:
        raise InputError(
            f"delta {write_shortest(delta)} is not from {ranges.DELTA}, as a Gaussian curve needs: give 1e-5"
        )
