"""What a proof says: of which event, for which unit of privacy and adjacency, against whom, and whose theorem it is."""

from dataclasses import dataclass
from enum import StrEnum

from fedsz_privacy.core.dp_events import DpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency


class Unit(StrEnum):
    """Units of privacy: what neighbouring inputs differ in. Epsilons of two units never stand in one column."""

    RECORD = "one record"
    CLIENT = "one client"
    COORDINATE = "one coordinate of a client's update"


class Observer(StrEnum):
    """Whom a proof holds against, who sees most first: what holds against one holds against those below."""

    STEPS = "whoever sees every step of a client's training, before any release"
    SERVER = "whoever reads every frame, the server included, and knows all that it shares with clients"
    OUTSIDER = "whoever sees decoded updates or models made of them, but neither frames nor the shared seed"
    AGGREGATES = "whoever sees sums over the clients of a round, or models made of them, but no single update"


@dataclass(frozen=True)
class Proof:
    """A proof of differential privacy.

    Parameters
    ----------
    event : DpEvent
        The event of one round, as dp-accounting knows it.
    unit : Unit
        What neighbouring inputs differ in.
    adjacency : Adjacency
        How they differ.
    observer : Observer
        Whom it holds against.
    theorem : str
        What is proved, without a full stop.
    source : str
        The paper, with the number of the theorem.
    """

    event: DpEvent
    unit: Unit
    adjacency: Adjacency
    observer: Observer
    theorem: str
    source: str

    @property
    def reason(self) -> str:
        """The proof in one sentence."""
        return f"{self.theorem} ({self.source}); for {self.unit}, {self.adjacency.words}; against {self.observer}"


@dataclass(frozen=True)
class Composition:
    """What an epsilon of a release is for.

    Parameters
    ----------
    delta : float
        The delta that it is for.
    rounds : int
        Rounds in which the client takes part; epsilon is that of all of them together.
    """

    delta: float = 1e-5
    rounds: int = 1
