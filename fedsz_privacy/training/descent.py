"""Plain training: descent on the mean loss of each batch, by an optimiser, for one client or for many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.ranges import COUNT, EPOCHS, LEARNING_RATE, WEIGHT_DECAY, Range, require_within
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import draw_epochs
from fedsz_privacy.training.canary_sums import NO_CANARIES
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.divergence import SLOWER
from fedsz_privacy.training.names import Optimizer
from fedsz_privacy.training.plain_steps import train_alone, train_clients
from fedsz_privacy.training.watching import Watch, Watched, watch_nothing

LOCAL = "plain training bounds nothing that a record can do"

RANGES: Mapping[str, Range] = MappingProxyType(
    {"epochs": EPOCHS, "batch_size": COUNT, "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY}
)
"""What the numbers of any built-in training may be."""


@dataclass(frozen=True)
class Training:
    """How a client trains: epochs of batches in random order, and an optimiser of the mean loss of each.

    Parameters
    ----------
    epochs, batch_size : int
        Visits of each record, and records in a batch.
    learning_rate, weight_decay : float
        As PyTorch's optimisers have them.
    optimizer : Optimizer
        Plain descent by default.
    """

    epochs: int = 5
    batch_size: int = 10
    learning_rate: float = 0.1
    optimizer: Optimizer = Optimizer.SGD
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_within(self, RANGES)

    @property
    def event(self) -> DpEvent:
        """Nothing is guaranteed."""
        return NonPrivateDpEvent()

    @property
    def reason(self) -> str:
        """Why nothing is guaranteed."""
        return LOCAL

    @property
    def remedy(self) -> str:
        """What helps where training diverges."""
        return SLOWER

    @property
    def clips_to(self) -> float:
        """Nothing bounds what a record adds to a step."""
        return inf

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place, as PyTorch's own loop does."""
        (batches,) = self.draw(np.ones((1, len(records)), bool), [generator])
        train_alone(model, records, batches, self, generator)

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches that visit each record once an epoch."""
        return draw_epochs(membership, self.epochs, self.batch_size, generators)

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train every client."""
        return self.train_watched(model, clients, watch_nothing).states

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train every client; a canary counts as a record of its batch's mean."""
        return train_clients(model, clients, self, watch, canaries)

    def sized(self, records: int) -> Self:  # noqa: ARG002  # plain training does not depend on it
        """Return this rule."""
        return self
