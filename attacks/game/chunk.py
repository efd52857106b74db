"""Trials that are played side by side: the target and the other clients train and release, round after round."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from attacks.game.game import Game
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Client, Round, play_rounds
from fedsz_privacy.training.clients import Clients

TARGET = 0
"""The target's number among the clients."""


@dataclass(frozen=True)
class Chunk:
    """Some trials of a game.

    Parameters
    ----------
    game : Game
        The game.
    trials : sequence of int
        Numbers of the trials, which decide all that is random in each.
    """

    game: Game
    trials: Sequence[int]

    @cached_property
    def _drawn(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        return self.game.draw(self.trials)

    @property
    def membership(self) -> NDArray[np.bool_]:
        """Who is in, shape (trials, candidates)."""
        return self._drawn[0]

    @cached_property
    def first_target(self) -> StateDict:
        """Updates of the target in the first round, before any release; every release starts from them."""
        return self.game.updates(self.trials, self._drawn[1])

    @cached_property
    def first_others(self) -> tuple[StateDict, ...]:
        """Updates of the other clients in the first round, before any release."""
        states = self.game.knowledge.states
        return tuple(self._train_other(client, 0, states) for client in range(1, len(self.game.others) + 1))

    def rounds(self, release: Release, number: int) -> list[Round]:
        """Play every round with each client's updates through a release, of that number among the releases."""
        clients = [
            Client(self._train_target, release, partial(self._release_target, number), self._places),
            *(
                Client(
                    partial(self._train, client), release, partial(self._release_other, number, client), self._places
                )
                for client in range(1, len(self.game.others) + 1)
            ),
        ]
        rounds = play_rounds(clients, self.game.shares, self.game.knowledge.states)
        return list(islice(rounds, self.game.rounds))

    def _train_target(self, round_number: int, states: StateDict) -> StateDict:
        if round_number == 0:
            return self.first_target
        generators = self._generators(round_number, TARGET)
        batches = self.game.batches(self.membership, generators)
        return self.game.steps(self.game.training, Clients(states, self.game.pool, batches, generators))

    def _train(self, client: int, round_number: int, states: StateDict) -> StateDict:
        if round_number == 0:
            return self.first_others[client - 1]
        return self._train_other(client, round_number, states)

    def _train_other(self, client: int, round_number: int, states: StateDict) -> StateDict:
        records = self.game.others[client - 1]
        generators, training = self._generators(round_number, client), self.game.training.sized(len(records))
        batches = training.draw(np.ones((len(self.trials), len(records)), bool), generators)
        return self.game.steps(training, Clients(states, records, batches, generators))

    def _release_target(self, number: int, round_number: int) -> list[Generator]:
        path = (number, round_number, TARGET) if round_number else (number,)
        return self._streams(Purpose.RELEASE, *path)

    def _release_other(self, number: int, client: int, round_number: int) -> list[Generator]:
        return self._streams(Purpose.RELEASE, number, round_number, client)

    def _generators(self, round_number: int, client: int) -> list[Generator]:
        return self._streams(Purpose.ROUND, round_number, client)

    def _places(self, round_number: int) -> list[str]:
        later = f", round {round_number + 1}" if self.game.rounds > 1 else ""
        return [f" in trial {trial}{later}" for trial in self.trials]

    def _streams(self, purpose: Purpose, *path: int) -> list[Generator]:
        return [generator(self.game.seed, purpose, trial, *path) for trial in self.trials]
