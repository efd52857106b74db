"""Adversaries, by what they see of a federation in which the target takes part for one round or several.

All of them know the architecture, the global state before the target joined, the candidate records and the release; all
train shadow models through the same release, with the same other clients.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from attacks.game import chunk
from attacks.game.chunk import TARGET
from attacks.game.knowledge import Knowledge
from attacks.game.view import View
from fedsz_privacy.core.imports import find_part
from fedsz_privacy.core.state import subtract
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.federation.rounds import Round


class Sums(Enum):
    """What an adversary sees of the sums that the server makes of all clients' updates, one in each round."""

    EACH = "the sum of every round"
    TOTAL = "all rounds' sums added up, as the last global model shows them"


@dataclass(frozen=True)
class Adversary:
    """An adversary.

    Parameters
    ----------
    name : str
        Name on the command line and in results.
    sees : str
        What it sees, in words that go on "sees ...".
    looks : callable
        From what was known before the first round, and the rounds that were played, to what the adversary sees of
        them, one `View` for each look.
    sees_others : bool
        Whether its views hold the other clients' updates.
    looks_once : bool
        Whether it takes one look at all rounds together, and not one at each.
    sums : Sums, optional
        What it sees of the server's sums. Client canaries are scored by it, and their epsilon in what it sees follows
        from it; without it they are scored as by `Sums.TOTAL`, and no epsilon is known.
    observer : Observer
        Which proofs hold against it: those against the server, unless it sees less, or the steps of the training.
    """

    name: str
    sees: str
    looks: Callable[[Knowledge, Sequence[Round]], list[View]]
    sees_others: bool = False
    looks_once: bool = False
    sums: Sums | None = None
    observer: Observer = Observer.SERVER

    @property
    def sees_steps(self) -> bool:
        """Whether it sees the target's training from within.

        Gradient canaries are then scored by each step, and the rounds that its looks are at are the epochs of the
        training, each without a release.
        """
        return self.observer is Observer.STEPS


def each_update(knowledge: Knowledge, rounds: Sequence[Round]) -> list[View]:
    """Return a look at the target's update in every round."""
    return [View(knowledge.at(each.states), each.sent(TARGET).update) for each in rounds]


def each_clients_update(knowledge: Knowledge, rounds: Sequence[Round]) -> list[View]:
    """Return a look at every client's update in every round."""
    return [
        View(knowledge.at(each.states), target.update, tuple(other.update for other in others))
        for each in rounds
        for target, *others in [[each.sent(client) for client in range(len(each.clients))]]
    ]


def each_average(knowledge: Knowledge, rounds: Sequence[Round]) -> list[View]:
    """Return a look at the average of all updates in every round."""
    return [View(knowledge.at(each.states), each.average) for each in rounds]


def final_look(knowledge: Knowledge, rounds: Sequence[Round]) -> list[View]:
    """Return one look: from the global state before the first round to that after the last."""
    return [View(knowledge, subtract(rounds[-1].after, knowledge.states))]


UPDATE = Adversary(
    "update",
    "the target client's released update in every round it takes part in, and the global state before it",
    each_update,
)
SERVER = Adversary(
    "server",
    "every client's released update in every round, and knows who sent it",
    each_clients_update,
    sees_others=True,
)
AGGREGATE = Adversary(
    "aggregate",
    "the average of all clients' released updates in every round, and no single update",
    each_average,
    sums=Sums.EACH,
    observer=Observer.AGGREGATES,
)
FINAL_MODEL = Adversary(
    "final-model",
    "the global model after the last round, and nothing in between",
    final_look,
    looks_once=True,
    sums=Sums.TOTAL,
    observer=Observer.AGGREGATES,
)
EVERY_STEP = Adversary(
    chunk.EVERY_STEP_NAME,
    "the target's model after every step of its training, as the guarantee of DP-SGD assumes, which no release hides",
    each_update,
    observer=Observer.STEPS,
)

ADVERSARIES: Mapping[str, Adversary] = MappingProxyType(
    {adversary.name: adversary for adversary in (UPDATE, SERVER, AGGREGATE, FINAL_MODEL, EVERY_STEP)}
)
"""Adversaries by name, the default first."""


def get_adversary(name: str) -> Adversary:
    """Return the adversary of a name, or of an import path ``module:NAME``.

    Raises
    ------
    InputError
        If there is none.
    """
    return find_part("adversary", Adversary, name, ADVERSARIES)
