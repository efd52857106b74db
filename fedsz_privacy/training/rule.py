"""The contract of training: how one client trains, and how many clients do at once."""

from collections.abc import Sequence
from typing import Protocol, Self, runtime_checkable

import numpy as np
from dp_accounting import DpEvent
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records


class TrainingRule(Protocol):
    """How clients train. Equal rules do the same.

    `train` is the rule itself, the function that a user of PyTorch or Flower already has. `draw` and `train_many` are
    the same rule for many clients, split in two so that one record can be taken out of what was drawn: `draw` says
    which records each step sees, and `train_many` takes the steps. With the same records and generator they end where
    `train` does, to 1e-5.
    """

    @property
    def event(self) -> DpEvent:
        """The privacy event of all rounds together; `NonPrivateDpEvent` for a rule that guarantees nothing."""
        ...

    @property
    def reason(self) -> str:
        """Why the event holds, in one sentence, or why there is no guarantee."""
        ...

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place, from the state that it holds, on records of the client's own."""
        ...

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw the batches of every client, (clients, steps, batch), by one generator for each.

        Membership is of shape (clients, records); batches hold indices of records, and `ABSENT`.
        """
        ...

    def train_many(
        self,
        model: nn.Module,
        states: StateDict,
        records: Records,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Train every client on its batches, from its state, by a generator for each.

        States are stacked, each tensor of shape (clients, ...), or (1, ...) if all start from one; what is returned is
        the trained parameters and buffers, each of shape (clients, ...).
        """
        ...

    def sized(self, records: int) -> Self:
        """Return the same rule for clients who hold another number of records, which is public."""
        ...


@runtime_checkable
class SteppedRule(TrainingRule, Protocol):
    """A rule that takes its steps one at a time, so that gradient canaries can join the sum of gradients of each."""

    @property
    def canary_norm(self) -> float:
        """The most that a canary may add to the sum of gradients of a step, in L2: the clip norm; inf for none."""
        ...

    def train_with_canaries(
        self,
        model: nn.Module,
        states: StateDict,
        records: Records,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
        canaries: StateDict,
    ) -> dict[str, Tensor]:
        """Train as `train_many` does; in the batches, indices from ``len(records)`` on are canaries.

        A canary adds its row of ``canaries``, each tensor of shape (canaries, ...), to the sum of gradients of every
        step that draws it.
        """
        ...
