"""What is asked of every account, and the words that tell accounts apart."""

from dataclasses import dataclass

from analysis.reporting.numbers import as_upper_bound, significant
from fedsz_privacy.core.ranges import CLIP_NORM, DELTA, Range, require_in
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds

SENSITIVITY = Range(0, CLIP_NORM.most)
CLAIMED_EPSILON = Range(1e-6, 1e6)
BUDGET = Range(1e-6, 1e9)


@dataclass(frozen=True)
class Asked:
    """Whose guarantee is asked for.

    Parameters
    ----------
    rounds : GaussianRounds
        Noise, sampling and rounds.
    delta : float
        The delta of every epsilon.
    halt_at : float or None
        Epsilon after which to stop.
    promised : float or None
        The epsilon that a configuration names for one round; None if it names none.
    """

    rounds: GaussianRounds
    delta: float
    halt_at: float | None = None
    promised: float | None = None

    def __post_init__(self) -> None:
        require_in(DELTA, self.delta, "delta")
        if self.halt_at is not None:
            require_in(BUDGET, self.halt_at, "halt at")

    @property
    def sampled(self) -> bool:
        """Whether a unit of privacy is in some rounds only."""
        return self.rounds.sampling_rate < 1

    @property
    def promiser(self) -> str:
        """Who names an epsilon for one round."""
        return "the configuration" if self.promised else "classical formula"

    @property
    def once(self) -> GaussianRounds:
        """One round that everybody is in, which is what the classical formula is of."""
        return GaussianRounds(self.rounds.noise_multiplier)


@dataclass(frozen=True)
class Words:
    """What a configuration calls its parts.

    Parameters
    ----------
    title, unit, one, observer, contribution : str
        Its name, its unit of privacy, one of its rounds, what an observer sees, and what of a unit is clipped.
    """

    title: str
    unit: str
    one: str
    observer: str
    contribution: str

    def of(self, adjacency: Adjacency) -> str:
        """Return an adjacency in words."""
        other = "none" if adjacency is Adjacency.ZERO_OUT else "any other"
        return f"{short(adjacency)}: the {self.contribution} or {other}"


def short(adjacency: Adjacency) -> str:
    """Return the name of an adjacency."""
    return adjacency.name.lower().replace("_", "-")


def figure(value: float) -> str:
    """Return four digits of a number."""
    return significant(value, 4)


def guaranteed_figure(value: float) -> str:
    """Return four digits of a number that holds for all larger ones, rounded up."""
    return as_upper_bound(value, 4)
