"""Opacus itself as a training rule: one ``PrivacyEngine`` for each client and training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from dp_accounting import DpEvent
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.dpsgd import DPTraining


@dataclass(frozen=True)
class OpacusTraining:
    """DP-SGD by Opacus, with the numbers of the toolkit's own."""

    private: DPTraining
    fix_model: bool = False

    @property
    def event(self) -> DpEvent:
        """The privacy event of all rounds together."""
        return self.private.event

    @property
    def reason(self) -> str:
        """Why the event holds."""
        return self.private.reason

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place."""
        raise NotImplementedError

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Return all records of every client."""
        raise NotImplementedError

    def train_many(
        self,
        model: nn.Module,
        states: StateDict,
        records: Records,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Train one client after another."""
        raise NotImplementedError

    def sized(self, records: int) -> Self:
        """Return the same rule for another number of records."""
        return replace(self, private=self.private.sized(records))
