"""Privacy events that dp-accounting does not have: frozen data, which the accountants of this package interpret."""

import math
from dataclasses import dataclass

import scipy

from fedsz_privacy.core.dp_events import DpEvent


@dataclass(frozen=True)
class DiscreteGaussianDpEvent(DpEvent):  # type: ignore[misc]  # dp-accounting has no types
    r"""A discrete Gaussian on every coordinate of a vector of integers.

    Attributes
    ----------
    noise_multiplier : float
        Its parameter sigma over the L2 distance of neighbouring vectors; 0 for no noise.

    Notes
    -----
    The discrete Gaussian of parameter sigma gives an integer k a probability proportional to
    :math:`e^{-k^2 / 2 \sigma^2}` (Canonne, Kamath and Steinke, NeurIPS 2020, arXiv 2004.00010). What is accounted for
    is in `fedsz_privacy.training.discrete_gaussian`.
    """

    noise_multiplier: float


@dataclass(frozen=True)
class FiniteDpEvent(DpEvent):  # type: ignore[misc]  # dp-accounting has no types
    r"""A mechanism of finitely many outcomes, by the pair of distributions that tells neighbours apart best.

    Attributes
    ----------
    upper, lower : tuple of float
        Probabilities of the same outcomes in the same order, under one of two neighbours and under the other. Both
        directions count: the greater epsilon is the event's.

    Raises
    ------
    ValueError
        If they are not two distributions on as many outcomes.

    Guarantees
    ----------
    Those of a mechanism that the pair dominates: one of which no two neighbours have a larger
    :math:`\delta(\epsilon)`, in either direction, at any epsilon (Zhu, Dong and Wang, AISTATS 2022, Definition 7).
    """

    upper: tuple[float, ...]
    lower: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.upper) != len(self.lower):
            raise ValueError(f"{len(self.upper)} and {len(self.lower)} probabilities: give both for each outcome")
        for masses in (self.upper, self.lower):
            if not (all(mass >= 0 for mass in masses) and math.isclose(math.fsum(masses), 1, rel_tol=1e-9)):
                raise ValueError(f"probabilities that sum to {math.fsum(masses)}: give some of 0 or more that sum to 1")


@dataclass(frozen=True)
class EpsilonDeltaDpEvent(DpEvent):  # type: ignore[misc]  # dp-accounting has no types
    """A mechanism that is (epsilon, delta)-differentially private, of which nothing more is known.

    Attributes
    ----------
    epsilon, delta : float
        Epsilon in nats. Above about 700 the odds are more than floats hold, and it counts as infinite.

    Raises
    ------
    ValueError
        If epsilon is negative, or delta is no probability.
    """

    epsilon: float
    delta: float = 0.0

    def __post_init__(self) -> None:
        if not (self.epsilon >= 0 and 0 <= self.delta <= 1):
            raise ValueError(f"epsilon {self.epsilon} and delta {self.delta}: give 0 or more, and a probability")

    @property
    def worst(self) -> FiniteDpEvent:
        r"""The event that dominates all such mechanisms.

        It says with probability delta which neighbour it was, and otherwise answers at random, with odds of
        :math:`e^\epsilon` for the truth (Kairouz, Oh and Viswanath, ICML 2015).
        """
        told, kept = self.delta, 1 - self.delta
        likely, unlikely = (kept * float(scipy.special.expit(loss)) for loss in (self.epsilon, -self.epsilon))
        return FiniteDpEvent((told, likely, unlikely, 0.0), (0.0, unlikely, likely, told))
