"""The membership game (Yeom et al., CSF 2018; Carlini et al., IEEE S&P 2022) on a federated client's update.

In each trial the target client trains, from the same global state, on a random half of a pool of candidates: every
candidate is in with probability 1/2, independently of all others. So members and non-members come from one
distribution, and whatever tells them apart is leakage. The adversary sees what leaves the federation, in one round or
over several, and names the members.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from attacks.game.knowledge import Knowledge
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, nbytes, stack_of_one, subtract
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.rule import TrainingRule

MEMORY_BYTES = 2**26
COPIES = 6
"""Copies of a client's state that are alive at once: parameters, gradients, update, decoded update and its model."""

MOST_AT_ONCE = 64
"""Trials that are played side by side at most: an interruption loses those that are not yet done."""


def cut(trials: int, fitting: int) -> list[range]:
    """Cut trials into runs of as many as fit into memory, one at least and `MOST_AT_ONCE` at most."""
    size = min(max(1, fitting), MOST_AT_ONCE)
    return [range(start, min(start + size, trials)) for start in range(0, trials, size)]


@dataclass(frozen=True)
class Game:
    """One target client, its candidates, and the other clients, ready to be played for any number of trials.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    state : StateDict
        The global state that the target starts from; no candidate had a part in it.
    pool : Records
        The candidates.
    test : Records
        Records that measure how good the model is that the adversary sees.
    training : TrainingRule
        How every client trains.
    seed : int
        Seed of the run.
    others : tuple of Records
        Records of each other client. They take part in every trial, with batches of its own, where anybody needs them.
    rounds : int
        Rounds of federated averaging that the target takes part in, with the same members in each.
    repeats : int or sequence of int
        How many times a member is in the training data, for all candidates or for each.
    others_defence : Defence or None
        How the other clients train and release in every trial; None: as the target does.
    aggregation : Aggregation
        How the server makes the next global state of what all clients sent.
    """

    model: nn.Module
    state: StateDict
    pool: Records
    test: Records
    training: TrainingRule
    seed: int
    others: tuple[Records, ...] = ()
    rounds: int = 1
    repeats: int | Sequence[int] = 1
    others_defence: Defence | None = None
    aggregation: Aggregation = AVERAGE

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the adversary knows before the target joins."""
        return Knowledge(self.model, stack_of_one(self.state), self.pool)

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """The candidate that each record of the target's training data is a copy of, if all candidates are in."""
        return np.repeat(np.arange(len(self.pool)), self.repeats)

    @property
    def shares(self) -> tuple[float, ...]:
        """Weight of each client in the federated average, the target's first: by records, half its own expected."""
        records = np.array([len(self.copies) / 2, *map(len, self.others)])
        return tuple((records / records.sum()).tolist())

    def chunks(self, trials: int) -> list[range]:
        """Cut the trials into runs that train at once within a bounded memory."""
        return cut(trials, MEMORY_BYTES // (COPIES * nbytes(self.state)))

    def draw(self, trials: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Draw membership, (trials, candidates), and the target's first batches, (trials, steps, batch size)."""
        membership, generators = self._toss(trials)
        return membership, self.batches(membership, generators)

    def held(self, trials: Sequence[int]) -> NDArray[np.int64]:
        """Return how many records the target trains on in each of some trials, copies among them."""
        membership, _ = self._toss(trials)
        held: NDArray[np.int64] = membership[:, self.copies].sum(axis=1)
        return held

    def _toss(self, trials: Sequence[int]) -> tuple[NDArray[np.bool_], list[np.random.Generator]]:
        """Toss every candidate's coin; return membership, (trials, candidates), and the generators after it."""
        generators = [generator(self.seed, Purpose.TRIAL, trial) for trial in trials]
        return np.stack([g.random(len(self.pool)) < 0.5 for g in generators]), generators

    def batches(self, membership: NDArray[np.bool_], generators: Sequence[np.random.Generator]) -> NDArray[np.int64]:
        """Draw batches of the target's members, (trials, steps, batch size), as indices of candidates."""
        batches = self.training.draw(membership[:, self.copies], generators)
        return np.where(batches == ABSENT, ABSENT, self.copies[batches])

    def updates(self, trials: Sequence[int], batches: NDArray[np.int64]) -> dict[str, Tensor]:
        """Train the target of some trials on their first batches; return updates, each tensor (trials, ...)."""
        generators = [generator(self.seed, Purpose.TRAINING, trial) for trial in trials]
        return self.steps(self.training, Clients(self.knowledge.states, self.pool, batches, generators))

    def steps(self, training: TrainingRule, clients: Clients) -> dict[str, Tensor]:
        """Train a client of each trial by a rule; return the updates, each tensor (trials, ...)."""
        return subtract(training.train_many(self.model, clients), clients.states)
