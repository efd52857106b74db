"""Trials of the game over clients that are played side by side.

In each trial every candidate client takes part with probability 1/2, by a coin of its own, in all rounds or in none.
One that is out sends an update of zeros: that is what "one client, there or not" means for a sum, and no denominator
tells who is in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from attacks.clients.own_update import ClientKnowledge
from attacks.game.game import Game
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, expand, is_number
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Client, Round, play_rounds
from fedsz_privacy.training.clients import Clients


@dataclass(frozen=True)
class ClientChunk:
    """Some trials of the game over clients.

    Parameters
    ----------
    game : Game
        The game; its pool is all candidate clients' records, one client's after another's, equally many each.
    clients : int
        Candidate clients.
    trials : sequence of int
        Numbers of the trials, which decide all that is random in each.
    expected : StateDict
        What the adversary expects each client to send, each tensor of shape (clients, ...).
    """

    game: Game
    clients: int
    trials: Sequence[int]
    expected: StateDict = field(default_factory=dict)

    @cached_property
    def knowledge(self) -> ClientKnowledge:
        """What the adversary knows before the clients join."""
        return ClientKnowledge(self.game.model, self.game.knowledge.states, self.game.pool, self.expected)

    @cached_property
    def membership(self) -> NDArray[np.bool_]:
        """Who is in, shape (trials, clients)."""
        return np.stack([generator(self.game.seed, Purpose.CLIENT, t).random(self.clients) < 0.5 for t in self.trials])

    def rounds(self, release: Release, number: int) -> list[Round]:
        """Play every round with all updates through a release, of that number among the releases."""
        clients, game = self.senders(release, number), self.game
        shares = [1 / len(clients)] * len(clients)
        aggregation = game.aggregation.for_model(game.model)
        played = play_rounds(clients, shares, game.knowledge.states, aggregation=aggregation, generators=self._server)
        return list(islice(played, game.rounds))

    def senders(self, release: Release, number: int) -> list[Client]:
        """Return the candidate clients, who send through a release of that number among the releases."""
        return [
            Client(
                partial(self._train, client),
                release,
                partial(self._release, number, client),
                self._places,
                remedy=self.game.training.remedy,
            )
            for client in range(self.clients)
        ]

    def records_of(self, client: int) -> Records:
        """Return what a client holds."""
        size = len(self.game.pool) // self.clients
        return self.game.pool.part(client * size, (client + 1) * size)

    @cached_property
    def _first(self) -> tuple[StateDict, ...]:
        """Updates of the first round, before any release; every release starts from them."""
        states = self.game.knowledge.states
        return tuple(self._train_members(client, 0, states) for client in range(self.clients))

    def _train(self, client: int, number: int, states: StateDict) -> StateDict:
        return self._train_members(client, number, states) if number else self._first[client]

    def _train_members(self, client: int, number: int, states: StateDict) -> StateDict:
        """Train a client in the trials that it is in; in the others its update is zero."""
        starts, chosen = expand(states, len(self.trials)), np.flatnonzero(self.membership[:, client])
        updates = {name: nothing(tensor) for name, tensor in starts.items()}
        if not chosen.size:
            return updates
        records, streams = self.records_of(client), [self._streams(number, client)[row] for row in chosen]
        rule = self.game.training.sized(len(records))
        batches = rule.draw(np.ones((chosen.size, len(records)), bool), streams)
        own = {name: tensor[chosen] for name, tensor in starts.items()}
        for name, tensor in self.game.steps(rule, Clients(own, records, batches, streams)).items():
            updates[name][chosen] = tensor
        return updates

    def _streams(self, *path: int) -> list[Generator]:
        return [generator(self.game.seed, Purpose.CLIENT, trial, *path) for trial in self.trials]

    def _release(self, number: int, client: int, round_number: int) -> list[Generator]:
        return [
            generator(self.game.seed, Purpose.RELEASE, trial, number, round_number, client) for trial in self.trials
        ]

    def _server(self, round_number: int) -> list[Generator]:
        return [generator(self.game.seed, Purpose.AGGREGATION, trial, round_number) for trial in self.trials]

    def _places(self, round_number: int) -> list[str]:
        return [f" in trial {trial}, round {round_number + 1}" for trial in self.trials]


def nothing(tensor: Tensor) -> Tensor:
    """Return an update that moves nothing: zeros, and integers as they are."""
    if not is_number(tensor):
        return tensor.clone()
    return torch.zeros_like(tensor, memory_format=torch.contiguous_format)
