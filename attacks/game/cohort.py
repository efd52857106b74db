"""Trials that are played together: the target and the other clients train, round after round, and releases follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from attacks.game.exchange import Exchange
from attacks.game.game import Game
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, add, stack
from fedsz_privacy.defences.release import Release, release_each

TARGET = 0
"""The target's number among the clients."""


@dataclass(frozen=True)
class Cohort:
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
        return self._train_others(0, self.game.knowledge.states)

    def exchanges(self, release: Release, number: int) -> list[Exchange]:
        """Play every round with each client's updates through a release, of that number among the releases."""
        played: list[Exchange] = []
        knowledge = self.game.knowledge
        for round_number in range(self.game.rounds):
            if played:
                knowledge = replace(knowledge, states=add(knowledge.states, played[-1].average))
            updates = self._target(round_number, knowledge.states)
            path = (number, round_number, TARGET) if played else (number,)
            target, sizes = self._release(updates, release, path)
            release_others = partial(self._others, round_number, knowledge.states, release, number)
            played.append(Exchange(knowledge, target, sizes, release_others, self.game.shares))
        return played

    def _target(self, round_number: int, states: StateDict) -> StateDict:
        if round_number == 0:
            return self.first_target
        generators = self._generators(round_number, TARGET)
        batches = self.game.batches(self.membership, generators)
        return self.game.steps(self.game.training, states, self.game.pool, batches, generators)

    def _train_others(self, round_number: int, states: StateDict) -> tuple[StateDict, ...]:
        updates = []
        for client, records in enumerate(self.game.others, TARGET + 1):
            generators, training = self._generators(round_number, client), self.game.training.sized(len(records))
            batches = training.draw(np.ones((len(self.trials), len(records)), bool), generators)
            updates.append(self.game.steps(training, states, records, batches, generators))
        return tuple(updates)

    def _others(self, round_number: int, states: StateDict, release: Release, number: int) -> tuple[StateDict, ...]:
        """Return the released updates of the other clients."""
        updates = self.first_others if round_number == 0 else self._train_others(round_number, states)
        return tuple(
            self._release(update, release, (number, round_number, client))[0]
            for client, update in enumerate(updates, TARGET + 1)
        )

    def _release(
        self, updates: StateDict, release: Release, path: tuple[int, ...]
    ) -> tuple[StateDict, NDArray[np.int64]]:
        """Return decoded updates and their bytes on the wire."""
        generators = (generator(self.game.seed, Purpose.RELEASE, trial, *path) for trial in self.trials)
        released = release_each(release, updates, generators)
        return stack([each.update for each in released]), np.array([each.nbytes for each in released])

    def _generators(self, round_number: int, client: int) -> list[Generator]:
        return [generator(self.game.seed, Purpose.ROUND, trial, round_number, client) for trial in self.trials]
