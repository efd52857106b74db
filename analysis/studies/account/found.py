"""What an account comes to: the epsilons of each adjacency, and what to know of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isinf

from analysis.studies.account.asked import Asked, Words, short
from fedsz_privacy.training.gaussian_rounds import Adjacency, classical_epsilon, rounds_within


@dataclass(frozen=True)
class Epsilons:
    """What is promised and what is guaranteed for one adjacency, at the delta of the account.

    Attributes
    ----------
    adjacency : Adjacency
        What neighbours are.
    promised : float
        Epsilon of one round that everybody is in, as the configuration or else the classical formula has it.
    once : float
        Guaranteed epsilon of one round that everybody is in.
    sampled_once : float
        Guaranteed epsilon of one round, of whoever is sampled into it.
    all_rounds : float
        Guaranteed epsilon of all rounds together.
    within : int or None
        Rounds that stay within the budget; None without a budget.
    """

    adjacency: Adjacency
    promised: float
    once: float
    sampled_once: float
    all_rounds: float
    within: int | None

    @classmethod
    def of(cls, asked: Asked, adjacency: Adjacency) -> "Epsilons":
        """Return the epsilons of whose guarantee is asked for."""
        rounds, delta = asked.rounds, asked.delta

        def after(number: int) -> float:
            return replace(rounds, rounds=number).epsilon(delta, adjacency)

        return cls(
            adjacency,
            asked.promised or classical_epsilon(rounds.noise_multiplier, delta, adjacency),
            asked.once.epsilon(delta, adjacency),
            after(1),
            rounds.epsilon(delta, adjacency),
            rounds_within(asked.halt_at, after) if asked.halt_at else None,
        )


@dataclass(frozen=True)
class Account:
    """What is guaranteed.

    Attributes
    ----------
    words : Words
        What the configuration calls its parts.
    asked : Asked
        What was asked of it.
    epsilons : tuple of Epsilons
        One for each adjacency.
    notes : tuple of str
        What to know, one line each.
    """

    words: Words
    asked: Asked
    epsilons: tuple[Epsilons, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, words: Words, asked: Asked, notes: Sequence[str]) -> "Account":
        """Return the account of a configuration."""
        return cls(words, asked, tuple(Epsilons.of(asked, adjacency) for adjacency in Adjacency), tuple(notes))

    def to_dict(self) -> dict[str, object]:
        """Return plain values under the same keys for each configuration; an infinite one as the string ``"inf"``."""
        rounds = self.asked.rounds
        return {
            "title": self.words.title,
            "unit_of_privacy": self.words.unit,
            "observer": self.words.observer,
            "delta": self.asked.delta,
            "noise_multiplier": rounds.noise_multiplier,
            "sampling_rate": rounds.sampling_rate,
            "one": self.words.one,
            "compositions": rounds.rounds,
            "halt_at": self.asked.halt_at,
            "adjacencies": [_plain(each) for each in self.epsilons],
            "notes": list(self.notes),
        }


def _plain(found: Epsilons) -> dict[str, object]:
    epsilons = {
        "promised_epsilon_of_one_all_in_it": found.promised,
        "epsilon_of_one_all_in_it": found.once,
        "epsilon_of_one": found.sampled_once,
        "epsilon": found.all_rounds,
    }
    return {
        "adjacency": short(found.adjacency),
        "sensitivity_over_clip_norm": found.adjacency.value,
        **{name: "inf" if isinf(each) else each for name, each in epsilons.items()},
        "compositions_within_halt_at": found.within,
    }
