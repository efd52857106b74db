"""Adversaries, by what they see of a federation in which the target takes part for one round or several.

All of them know the architecture, the global state before the target joined, the candidate records and the release; all
train shadow models through the same release, with the same other clients.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from attacks.game.exchange import Exchange
from attacks.game.view import View
from fedsz_privacy.core.imports import find_part
from fedsz_privacy.core.state import add, subtract


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
        From the rounds that were played to what the adversary sees of them, one `View` for each look.
    sees_others : bool
        Whether its views hold the other clients' updates.
    """

    name: str
    sees: str
    looks: Callable[[Sequence[Exchange]], list[View]]
    sees_others: bool = False


def final_look(exchanges: Sequence[Exchange]) -> list[View]:
    """Return one look: from the global state before the first round to that after the last."""
    first, last = exchanges[0], exchanges[-1]
    after = add(last.knowledge.states, last.average)
    return [View(first.knowledge, subtract(after, first.knowledge.states))]


UPDATE = Adversary(
    "update",
    "the target client's released update in every round it takes part in, and the global state before it",
    lambda exchanges: [View(each.knowledge, each.target) for each in exchanges],
)
SERVER = Adversary(
    "server",
    "every client's released update in every round, and knows who sent it",
    lambda exchanges: [View(each.knowledge, each.target, each.others) for each in exchanges],
    sees_others=True,
)
AGGREGATE = Adversary(
    "aggregate",
    "the average of all clients' released updates in every round, and no single update",
    lambda exchanges: [View(each.knowledge, each.average) for each in exchanges],
)
FINAL_MODEL = Adversary(
    "final-model",
    "the global model after the last round, and nothing in between",
    final_look,
)

ADVERSARIES: Mapping[str, Adversary] = MappingProxyType(
    {adversary.name: adversary for adversary in (UPDATE, SERVER, AGGREGATE, FINAL_MODEL)}
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
