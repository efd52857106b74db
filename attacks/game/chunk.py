"""Trials that are played side by side: the target and the other clients train and release, round after round."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from attacks.game.game import Game
from attacks.game.knowledge import Knowledge
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, nbytes, subtract
from fedsz_privacy.defences.release import Release
from fedsz_privacy.federation.rounds import Client, Round, Sent, play_rounds
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.rule import require_stepped
from fedsz_privacy.training.watching import watch_states

TARGET = 0
"""The target's number among the clients."""

EVERY_STEP_NAME = "every-step"
"""Name of the adversary who sees the target's training from within."""


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
    def knowledge(self) -> Knowledge:
        """What the adversary knows before the target joins."""
        return self.game.knowledge

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
        """Play every round with the target's updates through a release, of that number among the releases.

        The other clients' updates pass the same one, unless they have a defence of their own.
        """
        game, defence = self.game, self.game.others_defence
        others, aggregation = defence.release if defence else release, game.aggregation.for_model(game.model)
        remedy, remedy_of_others = game.training.remedy, (defence or game).training.remedy
        clients = [
            Client(self._train_target, release, partial(self._release_target, number), self._places, remedy=remedy),
            *(
                Client(
                    partial(self._train, client),
                    others,
                    partial(self._release_other, number, client),
                    self._places,
                    remedy=remedy_of_others,
                )
                for client in range(1, len(self.game.others) + 1)
            ),
        ]
        rounds = play_rounds(
            clients, game.shares, game.knowledge.states, aggregation=aggregation, generators=self._server
        )
        return list(islice(rounds, game.rounds))

    def epochs(self) -> list[Round]:
        """Return the epochs of the target's first training, each as a round of the target alone without a release.

        Who sees every step could be shown each, but a step shows records little, and costs a look as much as an epoch.
        """
        game, trials = self.game, self.trials
        rule = require_stepped(game.training, f"adversary {EVERY_STEP_NAME} needs")
        generators = [generator(game.seed, Purpose.TRAINING, trial) for trial in trials]
        clients = Clients(game.knowledge.states, game.pool, self._drawn[1], generators)
        steps = rule.train_watched(game.model, clients, watch_states).steps
        ends = steps[len(steps) // rule.epochs - 1 :: len(steps) // rule.epochs]
        return [
            Round(number, states, (1.0,), (partial(_sent_as_it_is, subtract(then, states), len(trials)),))
            for number, (states, then) in enumerate(zip([clients.starts, *ends[:-1]], ends, strict=True))
        ]

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
        defence, generators = self.game.others_defence, self._generators(round_number, client)
        training = (defence.training if defence else self.game.training).sized(len(records))
        batches = training.draw(np.ones((len(self.trials), len(records)), bool), generators)
        return self.game.steps(training, Clients(states, records, batches, generators))

    def _release_target(self, number: int, round_number: int) -> list[Generator]:
        path = (number, round_number, TARGET) if round_number else (number,)
        return self._streams(Purpose.RELEASE, *path)

    def _release_other(self, number: int, client: int, round_number: int) -> list[Generator]:
        return self._streams(Purpose.RELEASE, number, round_number, client)

    def _server(self, round_number: int) -> list[Generator]:
        return self._streams(Purpose.AGGREGATION, round_number)

    def _generators(self, round_number: int, client: int) -> list[Generator]:
        return self._streams(Purpose.ROUND, round_number, client)

    def _places(self, round_number: int) -> list[str]:
        later = f", round {round_number + 1}" if self.game.rounds > 1 else ""
        return [f" in trial {trial}{later}" for trial in self.trials]

    def _streams(self, purpose: Purpose, *path: int) -> list[Generator]:
        return [generator(self.game.seed, purpose, trial, *path) for trial in self.trials]


def _sent_as_it_is(update: StateDict, trials: int) -> Sent:
    return Sent(update, np.full(trials, nbytes(update) // trials), 0.0, 0.0, 0.0)
