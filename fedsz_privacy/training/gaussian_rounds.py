"""What Gaussian noise guarantees over rounds, and what the classical formula for it promises."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from fedsz_privacy.core.dp_events import GaussianDpEvent, PoissonSampledDpEvent
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, DELTA, STEPS, Range, require_in
from fedsz_privacy.training.accounting import FINE, composed, epsilon

SAMPLING_RATE = Range(1e-12, 1)
"""Probabilities that a unit of privacy is in a round."""


class Adjacency(Enum):
    """Which contributions of one unit of privacy an observer must not tell apart; the value is in clip norms.

    Attributes
    ----------
    ZERO_OUT
        Its contribution or none, as when it is added or removed: they differ by a clip norm at most.
    REPLACE
        Its contribution or any other: they differ by two clip norms at most.
    """

    ZERO_OUT = 1
    REPLACE = 2

    @property
    def words(self) -> str:
        """How neighbours differ, in words that go on a unit of privacy."""
        return "there or not" if self is Adjacency.ZERO_OUT else "replaced by any other"


RELATIONS = MappingProxyType(
    {
        Adjacency.ZERO_OUT: "ADD_OR_REMOVE_ONE",
        Adjacency.REPLACE: "REPLACE_ONE",
    }
)
"""What dp-accounting calls each adjacency; adding a unit and zeroing it out have the same losses."""

FINENESS = 1e6
"""Intervals of privacy losses from 0 to epsilon, at least."""


@dataclass(frozen=True)
class GaussianRounds:
    """Gaussian noise on clipped contributions in a number of rounds.

    Parameters
    ----------
    noise_multiplier : float
        Standard deviation of the noise over the clip norm; 0 for no noise.
    sampling_rate : float
        Probability that a unit of privacy is in a round, by a coin of its own in each (Poisson sampling), which the
        observer does not see; 1 where it is in every round, or where the observer sees who is.
    rounds : int
        How many.

    Raises
    ------
    InputError
        If a number is out of range. With sampling, so is a noise multiplier below 0.2.
    """

    noise_multiplier: float
    sampling_rate: float = 1.0
    rounds: int = 1

    def __post_init__(self) -> None:
        require_in(SAMPLING_RATE, self.sampling_rate, "sampling rate")
        require_in(STEPS, self.rounds, "rounds")
        within = ACCOUNTED_NOISE_MULTIPLIER if self.sampling_rate < 1 else Range(0, ACCOUNTED_NOISE_MULTIPLIER.most)
        require_in(within, self.noise_multiplier, "noise multiplier")

    def epsilon(self, delta: float, adjacency: Adjacency) -> float:
        r"""Return the epsilon of all rounds together, in nats; inf without noise.

        Guarantees
        ----------
        Without sampling n rounds have the trade-off curve of one, with :math:`\mu = \sqrt{n} D / \sigma`, and epsilon
        is the exact solution of

        .. math:: \delta = \Phi(\mu/2 - \epsilon/\mu) - e^\epsilon \Phi(-\mu/2 - \epsilon/\mu)

        (Balle and Wang, ICML 2018, Theorem 8; Dong, Roth and Su, arXiv 1905.02383, Corollary 3.3). With sampling it is
        dp-accounting's, by privacy loss distributions: pessimistic, and at a delta that is smaller by what floats may
        lose as rounds are composed. Of so many rounds that they may lose half of it, it is by Renyi divergences, or
        that without sampling, whichever is smaller. All hold for an observer of everything that leaves all rounds,
        which may choose later rounds by earlier ones; and for noise of real numbers, which floats only approximate
        (Mironov, CCS 2012).
        """
        require_in(DELTA, delta, "delta")
        if self.noise_multiplier == 0:
            return math.inf
        import numpy as np
        from dp_accounting import get_epsilon_gaussian

        from fedsz_privacy.training.accountants import ROUNDING

        sigma = self.noise_multiplier / adjacency.value / math.sqrt(self.rounds)
        with np.errstate(divide="ignore"):  # much noise has a delta of 0, whose logarithm is that of 0
            unsampled = float(get_epsilon_gaussian(sigma, delta))
        if self.sampling_rate == 1:
            return unsampled
        if 2 * ROUNDING * self.rounds > delta:
            return min(unsampled, self._by_divergences(delta, adjacency))
        # A coarse first look keeps the number of losses that the second one holds in memory below about ten million.
        coarse = self._by_losses(delta, adjacency, unsampled) if unsampled > FINE * FINENESS else 0
        return min(unsampled, self._by_losses(delta, adjacency, min(unsampled, coarse)))

    def _by_losses(self, delta: float, adjacency: Adjacency, reach: float) -> float:
        """Return epsilon by losses that are as fine as losses up to ``reach`` let them be."""
        from fedsz_privacy.training.accountants import ROUNDING

        interval = FINE * 10 ** max(0, math.ceil(math.log10(max(reach, FINE) / FINENESS / FINE)))
        one_round = _losses(self.noise_multiplier, self.sampling_rate, adjacency, interval)
        return float(one_round.self_compose(self.rounds).get_epsilon_for_delta(delta - ROUNDING * self.rounds))

    def _by_divergences(self, delta: float, adjacency: Adjacency) -> float:
        """Return epsilon by Renyi divergences, which are known where a contribution is there or not; inf elsewhere."""
        if adjacency is not Adjacency.ZERO_OUT:
            return math.inf
        once = PoissonSampledDpEvent(self.sampling_rate, GaussianDpEvent(self.noise_multiplier))
        return epsilon(composed(once, self.rounds), delta)


@lru_cache(maxsize=8)
def _losses(noise_multiplier: float, sampling_rate: float, adjacency: Adjacency, interval: float) -> Any:
    """Return the privacy loss distribution of one round, pessimistic."""
    from dp_accounting import NeighboringRelation
    from dp_accounting.pld.privacy_loss_distribution import from_gaussian_mechanism

    from fedsz_privacy.training.sampled_gaussian import sampled_gaussian

    if adjacency is Adjacency.ZERO_OUT:
        return sampled_gaussian(noise_multiplier, sampling_rate, interval)
    return from_gaussian_mechanism(
        noise_multiplier,
        value_discretization_interval=interval,
        sampling_prob=sampling_rate,
        neighboring_relation=NeighboringRelation[RELATIONS[adjacency]],
    )


def classical_noise(sensitivity: float, epsilon: float, delta: float) -> float:
    r"""Return the standard deviation :math:`D \sqrt{2 \ln(1.25/\delta)} / \epsilon`.

    (Dwork and Roth, The Algorithmic Foundations of Differential Privacy, 2014, Theorem A.1.) It is proved for epsilon
    below 1 only. `GaussianRounds.epsilon` says what it really guarantees.
    """
    require_in(DELTA, delta, "delta")
    return sensitivity * math.sqrt(2 * math.log(1.25 / delta)) / epsilon


def classical_epsilon(noise_multiplier: float, delta: float, adjacency: Adjacency) -> float:
    """Return the epsilon that the formula of `classical_noise` promises of one round without sampling."""
    return classical_noise(adjacency.value, 1, delta) / noise_multiplier if noise_multiplier else math.inf


def noise_for_epsilon(rounds: int, epsilon: float, delta: float, adjacency: Adjacency) -> float:
    """Return the noise multiplier that gives an epsilon over all rounds without sampling, exactly."""
    require_in(DELTA, delta, "delta")
    from dp_accounting import get_sigma_gaussian

    return float(get_sigma_gaussian(epsilon, delta)) * adjacency.value * math.sqrt(rounds)


def rounds_within(budget: float, epsilon: Callable[[int], float]) -> int:
    """Return the largest number of rounds, of `STEPS` at most, of which epsilon is not above a budget.

    Parameters
    ----------
    budget : float
        In nats.
    epsilon : callable
        Epsilon of so many rounds together, which does not fall with their number.
    """
    fewest, most = 0, 1
    while most <= STEPS.most and epsilon(int(most)) <= budget:
        fewest, most = most, 2 * most
    most = min(most, int(STEPS.most) + 1)
    while most - fewest > 1:
        middle = (fewest + most) // 2
        fewest, most = (middle, most) if epsilon(middle) <= budget else (fewest, middle)
    return fewest
