"""Federated averaging (McMahan et al., AISTATS 2017) in one process, every update through a release."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, accumulate, add, subtract
from fedsz_privacy.data.datasets import Dataset
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.descent import Training, draw_batches, train_one


@dataclass(frozen=True)
class ClientCost:
    """What one client's part in a round cost: bytes sent up, and seconds of each step."""

    nbytes: int
    training_seconds: float
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class Round:
    """One round of federated averaging.

    Attributes
    ----------
    number : int
        From 0.
    state : StateDict
        The global state after the round.
    costs : tuple of ClientCost
        One for each client.
    """

    number: int
    state: StateDict
    costs: tuple[ClientCost, ...]


@dataclass(frozen=True)
class Federation:
    """Clients that train one model together.

    Attributes
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    data : Dataset
        The records of all clients.
    clients : bool array, shape (clients, records)
        Which records each client holds; a client's weight in the average is how many.
    training : Training
        How every client trains.
    release : Release
        What every update passes through on its way to the server.
    seed : int
        Seed of the run.
    """

    model: nn.Module
    data: Dataset
    clients: NDArray[np.bool_]
    training: Training
    release: Release
    seed: int

    def rounds(self, state: StateDict, first: int = 0) -> Iterator[Round]:
        """Yield rounds without end, from a global state and the number of the first round.

        A round depends on nothing but the state before it and its number, so a run can be continued.
        """
        weights = (self.clients.sum(axis=1) / self.clients.sum()).tolist()
        for number in count(first):
            costs: list[ClientCost] = []
            total: dict[str, Tensor] = {}
            for client, weight in enumerate(weights):
                released, cost = self._take_part(state, number, client)
                costs.append(cost)
                total = accumulate(total, released, weight)
            state = add(state, total)
            yield Round(number, state, tuple(costs))

    def _take_part(self, state: StateDict, number: int, client: int) -> tuple[StateDict, ClientCost]:
        """Train one client, and return its update as the server decodes it and what that cost."""
        rng = generator(self.seed, Purpose.FEDERATION, number, client)
        (batches,) = draw_batches(self.clients[client : client + 1], self.training, [rng])
        start = perf_counter()
        trained = train_one(self.model, state, self.data, batches, self.training.learning_rate)
        seconds = perf_counter() - start
        released = self.release.apply(subtract(trained, state), rng)
        cost = ClientCost(released.nbytes, seconds, released.encode_seconds, released.decode_seconds)
        return released.update, cost
