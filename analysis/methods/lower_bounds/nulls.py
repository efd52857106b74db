"""What a lower bound on epsilon rejects: every mechanism of less epsilon, or every one of a family that has less."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.lower_bounds.accuracy import advantage_lower_limit, halving_threshold
from analysis.methods.lower_bounds.bounds import EpsilonBound, check_gaussian_delta
from analysis.methods.lower_bounds.counts import check_scores
from analysis.methods.lower_bounds.guesses import FOR_ANY, guess_shares
from analysis.methods.lower_bounds.noise_family import epsilon_of_advantage, require_gaussian
from analysis.methods.lower_bounds.one_run import one_run_bound
from fedsz_privacy.core.dp_events import DpEvent, GaussianDpEvent, PoissonSampledDpEvent, SelfComposedDpEvent
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

Scores = NDArray[np.float64]
Members = NDArray[np.bool_]


class Null(Protocol):
    """Mechanisms, each with an epsilon, of which a bound rejects those of less epsilon than it."""

    @property
    def rejects(self) -> str:
        """What a bound of this kind rejects, in words that go on "rejects ..."."""
        ...

    def bound(
        self, scores: Scores, members: Members, delta: float, confidence: float, generator: Generator
    ) -> EpsilonBound:
        """Return the bound on epsilon, as `epsilon_lower_bound` does."""
        ...


@dataclass(frozen=True)
class AnyMechanism:
    """Every mechanism that is (epsilon, delta)-differentially private.

    Guarantees
    ----------
    Those of `one_run_bound`, whatever the scores depend on, for adding or removing what one coin decides. The
    numbers of guesses are `FOR_ANY`, fixed before any score was seen; all coins are audited.
    """

    @property
    def rejects(self) -> str:
        """What a bound rejects."""
        return "any mechanism of less epsilon"

    def bound(
        self, scores: Scores, members: Members, delta: float, confidence: float, generator: Generator
    ) -> EpsilonBound:
        """Return the bound on epsilon from the numbers of right guesses."""
        return one_run_bound(guess_shares(scores, members, FOR_ANY, generator), delta, confidence)


@dataclass(frozen=True)
class NoiseFamily:
    r"""An event made of Gaussian noise, with any amount of it: DP-SGD's own trade-off curves, or a Gaussian release's.

    Parameters
    ----------
    event : DpEvent
        Sampling rates and steps; how much noise it has does not matter.

    Notes
    -----
    The attack names half of the scores, which needs no look at the members. A threshold on ratios of the claimed noise
    would fail where the noise is not what is claimed. The total variation between members' and others' scores, at a
    confidence, is turned into an amount of noise and that into epsilon, both by the event's privacy loss distribution
    (`advantage_lower_limit`, `epsilon_of_advantage`). For any mechanism this would be weak, for a total variation can
    come with any epsilon; in one family it decides epsilon.

    Guarantees
    ----------
    With so much confidence, a mechanism of this family whose scores these are has an epsilon of at least the bound, for
    adding or removing what one coin decides, and an adversary who sees all that the event releases, or less. Of a
    mechanism outside the family nothing is said: the bound rejects "these rates, these steps and at least so much
    noise". Scores are independent given fair coins, as `advantage_lower_limit` asks.
    """

    event: DpEvent

    def __post_init__(self) -> None:
        require_gaussian(self.event)

    @property
    def rejects(self) -> str:
        """What a bound rejects."""
        return f"{describe(self.event)} with more noise"

    def bound(
        self,
        scores: Scores,
        members: Members,
        delta: float,
        confidence: float,
        generator: Generator,  # noqa: ARG002  # nothing is drawn
    ) -> EpsilonBound:
        """Return the bound on epsilon from the accuracy of an attack."""
        check_gaussian_delta(delta)
        advantage = advantage_lower_limit(scores, members, halving_threshold(scores), confidence)
        return EpsilonBound(epsilon_of_advantage(self.event, advantage, delta), delta, confidence)


def gaussian_family() -> NoiseFamily:
    """Return the null of one Gaussian mechanism, of any noise multiplier."""
    return NoiseFamily(GaussianDpEvent(1.0))


def dpsgd_family(sampling_rate: float, steps: int) -> NoiseFamily:
    """Return the null of DP-SGD by Poisson sampling, of any noise multiplier."""
    return NoiseFamily(SelfComposedDpEvent(PoissonSampledDpEvent(sampling_rate, GaussianDpEvent(1.0)), steps))


def describe(event: DpEvent) -> str:
    """Return an event of Gaussian noise in words, but for its noise."""
    match event:
        case SelfComposedDpEvent():
            return f"{event.count} steps of {describe(event.event)}" if event.count > 1 else describe(event.event)
        case PoissonSampledDpEvent():
            return f"{describe(event.event)} at sampling rate {event.sampling_probability:.3g}"
        case GaussianDpEvent() | DiscreteGaussianDpEvent():
            return "Gaussian noise"
        case _:
            return " and ".join(dict.fromkeys(map(describe, event.events)))


def epsilon_lower_bound(
    scores: Scores,
    members: Members,
    null: Null = AnyMechanism(),  # a frozen value
    delta: float = 1e-5,
    confidence: float = 0.95,
    generator: Generator | None = None,
) -> EpsilonBound:
    """Return a lower bound on epsilon from the scores of an attack and who was a member.

    Parameters
    ----------
    scores : float64 array, any shape
        Of one run, or of independent ones; higher: more likely a member.
    members : bool array, shape of ``scores``
        Who was one: each decided by a fair coin of its own.
    null : Null
        What the bound rejects: `AnyMechanism`, or `NoiseFamily` of an event.
    delta, confidence : float
        The delta that epsilon is for, and the least probability of a valid bound.
    generator : numpy Generator, optional
        Orders equal scores; one of seed 0 otherwise.

    Raises
    ------
    InputError
        If arrays or levels do not fit, or, for a family, the coins were not fair.

    Guarantees
    ----------
    Those of the null. A bound is a measurement: it says nothing upward, and 0 means that this attack proved nothing.

    Examples
    --------
    Gaussian noise of multiplier 0.6, of which epsilon at 1e-5 is 8.00:

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> members = rng.random(10_000) < 0.5
    >>> scores = members + 0.6 * rng.normal(size=10_000)
    >>> for null in (AnyMechanism(), gaussian_family()):
    ...     print(f"{epsilon_lower_bound(scores, members, null).epsilon:.2f} rejects {null.rejects}")
    3.42 rejects any mechanism of less epsilon
    7.66 rejects Gaussian noise with more noise
    """
    read, coins = np.asarray(scores, np.float64), np.asarray(members)
    check_scores(read, coins)
    return null.bound(read, coins, delta, confidence, generator or np.random.default_rng(0))


def ceiling(null: Null, coins: int, delta: float, confidence: float) -> EpsilonBound:
    """Return the bound if an attack guessed each of so many coins right: the most that they can prove."""
    members = np.arange(coins) % 4 < 2
    return epsilon_lower_bound(members.astype(np.float64), members, null, delta, confidence)
