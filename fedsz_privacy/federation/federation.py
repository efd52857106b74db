"""Clients that train one model together in one process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import nn

from fedsz_privacy.codec.last_round import LastRound
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, subtract
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.payload import Payload
from fedsz_privacy.federation.rounds import Client, Round, play_rounds
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.rule import TrainingRule


@dataclass(frozen=True)
class Federation:
    """Clients that train one model together.

    Attributes
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    records : Records
        The records of all clients.
    clients : bool array, shape (clients, records)
        Which records each client holds; a client's weight in the average is how many.
    training : TrainingRule
        How every client trains. Under DP-SGD all clients draw records at one rate, whatever they hold.
    release : Release
        What every update, or state, passes through on its way to the server.
    seed : int
        Seed of the run.
    aggregation : Aggregation
        How the server makes the next global state of what clients sent.
    payload : Payload
        What passes through the release.
    """

    model: nn.Module
    records: Records
    clients: NDArray[np.bool_]
    training: TrainingRule
    release: Release
    seed: int
    aggregation: Aggregation = AVERAGE
    payload: Payload = Payload.UPDATE

    def rounds(
        self,
        states: StateDict,
        first: int = 0,
        residuals: Sequence[StateDict | None] = (),
        lasts: Sequence[LastRound] = (),
    ) -> Iterator[Round]:
        """Yield rounds without end, from a stack of one global state, a number, and what is remembered by then.

        A round depends on nothing else, so a run can be continued.
        """
        shares = (self.clients.sum(axis=1) / self.clients.sum()).tolist()
        clients = [
            Client(
                partial(self._train, client),
                self.release,
                partial(self._streams, client),
                partial(_places, client),
                self.payload,
                self.training.remedy,
            )
            for client in range(len(self.clients))
        ]
        aggregation = self.aggregation.for_model(self.model)
        return play_rounds(clients, shares, states, first, residuals, aggregation, self._server, lasts)

    def _train(self, client: int, number: int, states: StateDict) -> StateDict:
        streams = [generator(self.seed, Purpose.FEDERATION, number, client)]
        batches = self.training.draw(self.clients[client : client + 1], streams)
        return subtract(self.training.train_many(self.model, Clients(states, self.records, batches, streams)), states)

    def _server(self, number: int) -> list[Generator]:
        return [generator(self.seed, Purpose.AGGREGATION, number)]

    def _streams(self, client: int, number: int) -> list[Generator]:
        return [generator(self.seed, Purpose.RELEASE, number, client)]


def _places(client: int, number: int) -> list[str]:
    return [f" of client {client} in round {number + 1}"]
