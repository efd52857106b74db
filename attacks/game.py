"""The membership game (Yeom et al., CSF 2018; Carlini et al., IEEE S&P 2022) on a federated client's update.

In each trial the target client trains, from the same global state, on a random half of a pool of candidates: every
candidate is in with probability 1/2, independently of all others. So members and non-members come from one
distribution, and whatever tells them apart is leakage. The adversary sees the released update and names the members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from attacks.signals import Signal
from attacks.trial import Trials
from attacks.view import Knowledge, View
from fedsz_privacy.datasets import Dataset
from fedsz_privacy.randomness import Purpose, generator
from fedsz_privacy.release import Release
from fedsz_privacy.state import StateDict, nbytes, stack, stack_of_one, subtract, unstack
from fedsz_privacy.training import TrainingRule, predict

MEMORY_BYTES = 2**26
COPIES = 6
"""Copies of a client's state that are alive at once: parameters, gradients, update, decoded update and its model."""


@dataclass(frozen=True)
class Game:
    """One target client and its candidates, ready to be played for any number of trials.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    state : StateDict
        The global state that the target starts from; no candidate had a part in it.
    pool : Dataset
        The candidates.
    test : Dataset
        Records that measure the accuracy of the client's model.
    training : TrainingRule
        How the target trains.
    seed : int
        Seed of the run.
    """

    model: nn.Module
    state: StateDict
    pool: Dataset
    test: Dataset
    training: TrainingRule
    seed: int

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the adversary knows before a release."""
        return Knowledge(self.model, self.state, self.pool)

    def chunks(self, trials: int) -> list[range]:
        """Cut the trials into runs that train at once within a bounded memory."""
        size = max(1, MEMORY_BYTES // (COPIES * nbytes(self.state)))
        return [range(start, min(start + size, trials)) for start in range(0, trials, size)]

    def draw(self, trials: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Draw membership, (trials, candidates), and batches, (trials, steps, batch size), of some trials."""
        generators = [generator(self.seed, Purpose.TRIAL, trial) for trial in trials]
        membership = np.stack([g.random(len(self.pool)) < 0.5 for g in generators])
        return membership, self.training.draw(membership, generators)

    def updates(self, trials: Sequence[int], batches: NDArray[np.int64]) -> dict[str, Tensor]:
        """Train the target of some trials on their batches; return the updates, each tensor of shape (trials, ...)."""
        generators = [generator(self.seed, Purpose.TRAINING, trial) for trial in trials]
        trained = self.training.train(self.model, stack_of_one(self.state), self.pool, batches, generators)
        return subtract(trained, self.state)


def play(game: Game, trials: range, releases: Sequence[Release], signals: Sequence[Signal]) -> Trials:
    """Play some trials: train once, then pass the same updates through every release and let every signal look.

    Because each release sees the same updates, differences between releases are paired.
    """
    membership, batches = game.draw(trials)
    updates = game.updates(trials, batches)
    observed, sizes, accuracy = [], [], []
    for number, release in enumerate(releases):
        released = [
            release.apply(unstack(updates, row), generator(game.seed, Purpose.RELEASE, trial, number))
            for row, trial in enumerate(trials)
        ]
        view = View(game.knowledge, stack([each.update for each in released]))
        observed.append({signal.name: signal.observe(view) for signal in signals})
        sizes.append([each.nbytes for each in released])
        accuracy.append(_accuracy(game, view))
    return Trials(
        membership=membership,
        observed={signal.name: np.stack([seen[signal.name] for seen in observed], axis=1) for signal in signals},
        sizes=np.array(sizes).T,
        accuracy=np.array(accuracy).T,
    )


def _accuracy(game: Game, view: View) -> NDArray[np.float64]:
    predicted = predict(game.model, view.client_states, game.test.images).argmax(-1)
    shares: NDArray[np.float64] = (predicted == game.test.labels).double().mean(dim=1).numpy()
    return shares
