"""The signal that reads whole clients: how far what is seen goes along the update that a client would send.

The adversary knows what each candidate client holds and how clients train, so it trains each of them once from the
global state. What all of them would send alike tells nobody apart and is taken off: the mean of the updates. LiRA
calibrates what is left, as it does a model's confidence in a record.
"""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from attacks.game.game import Game
from attacks.game.knowledge import Knowledge
from attacks.game.view import View
from attacks.names import OWN_NAME
from attacks.signals.base import Scores, Signal
from attacks.signals.lira import online
from attacks.signals.shadows import pooled_deviation
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, concatenate, flatten
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.clients import Clients


@dataclass(frozen=True)
class ClientKnowledge(Knowledge):
    """What the adversary knows of whole clients besides.

    Parameters
    ----------
    expected : StateDict
        The update that each candidate client would send, each tensor of shape (clients, ...).
    """

    expected: StateDict = field(default_factory=dict)


def expected_updates(game: Game, clients: int) -> StateDict:
    """Train each candidate client once from the global state; return the updates, each tensor (clients, ...)."""
    size = len(game.pool) // clients
    return concatenate([_update(game, game.pool.part(c * size, (c + 1) * size), c) for c in range(clients)])


def _update(game: Game, records: Records, client: int) -> StateDict:
    stream, rule = [generator(game.seed, Purpose.EXPECTED_UPDATE, client)], game.training.sized(len(records))
    batches = rule.draw(np.ones((1, len(records)), bool), stream)
    return game.steps(rule, Clients(game.knowledge.states, records, batches, stream))


def observe(view: View) -> Scores:
    """Return how far each update goes along each client's own, of each of its records, (k, records).

    Raises
    ------
    InputError
        If the view is of records and not of whole clients.
    """
    knowledge = view.knowledge
    if not isinstance(knowledge, ClientKnowledge):
        raise InputError("signal own-update reads whole clients: use audit-clients, or choose another signal")
    own = _trained(knowledge.expected, knowledge)
    own = torch.nn.functional.normalize(own - own.mean(dim=0), dim=1)
    along = (_trained(view.updates, knowledge) @ own.T).numpy()
    read: Scores = along.repeat(len(knowledge.pool) // len(own), axis=1)
    return read


def _trained(stacked: StateDict, knowledge: Knowledge) -> Tensor:
    return flatten({name: stacked[name] for name in knowledge.trained}).double().cpu()


OWN_UPDATE = Signal(OWN_NAME, observe, partial(online, deviation=pooled_deviation))
