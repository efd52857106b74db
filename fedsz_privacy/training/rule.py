"""The contract of training: how one client trains, and how many clients do at once."""

from collections.abc import Sequence
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.canary_sums import NO_CANARIES
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.watching import Watch, Watched


class TrainingRule(Protocol):
    """How clients train. Equal rules do the same.

    `train` is the rule itself, the function that a user of PyTorch or Flower already has. `draw` and `train_many` are
    the same rule for many clients, split in two so that one record can be taken out of what was drawn: `draw` says
    which records each step sees, and `train_many` takes the steps. With the same records and generator they end where
    `train` does, to 1e-5.
    """

    @property
    def event(self) -> DpEvent:
        """The event of all rounds together; `dp_accounting.NonPrivateDpEvent` for a rule that guarantees nothing."""
        ...

    @property
    def reason(self) -> str:
        """Why the event holds, in one sentence, or why there is no guarantee."""
        ...

    @property
    def remedy(self) -> str:
        """What helps where training by it diverges, such as "lower the learning rate"."""
        ...

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place, from the state that it holds, on records of the client's own."""
        ...

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw the batches of every client, (clients, steps, batch), by one generator for each.

        Membership is of shape (clients, records); batches hold indices of records, and `ABSENT`.
        """
        ...

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train every client; return the trained parameters and buffers, each tensor of shape (clients, ...).

        The model is the architecture; its own weights are not read.
        """
        ...

    def sized(self, records: int) -> Self:
        """Return the same rule for clients who hold another number of records, which is public."""
        ...


@runtime_checkable
class SteppedRule(TrainingRule, Protocol):
    """A rule that takes its steps one at a time: they can be watched, and gradient canaries can join their sums."""

    @property
    def clips_to(self) -> float:
        """The most that a record, or a canary, adds to the sum of gradients of a step, in L2; inf if nothing clips."""
        ...

    @property
    def epochs(self) -> int:
        """Passes over the records, of equally many steps."""
        ...

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train every client as `TrainingRule.train_many` does, and keep what a watch sees of each step.

        A canary is a gradient, each tensor of ``canaries`` of shape (canaries, ...). It takes the part of a record's in
        every step that draws it, clipped if those of records are.
        """
        ...


def require_stepped(rule: TrainingRule, asked: str) -> SteppedRule:
    """Return a rule that takes its steps one at a time; ``asked`` says who needs them, such as "signal mine needs".

    Raises
    ------
    InputError
        If it does not.
    """
    if not isinstance(rule, SteppedRule):
        name = getattr(rule, "name", type(rule).__name__)
        raise InputError(
            f"training rule {name} does not take its steps one at a time, as {asked}: choose a built-in one, or leave "
            "that out"
        )
    return rule
