"""Opacus itself as a training rule: one ``PrivacyEngine`` for each client and training.

The numbers are those of the toolkit's own DP-SGD. Opacus takes the sampling rate and the expected batch size from the
length of a client's own data; both are public here, as the guarantee needs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.divergence import SLOWER_OR_QUIETER
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.fixing import refuse_unless_opacus_trains
from fedsz_privacy.training.modes import seeded, torch_stream
from fedsz_privacy.training.one_by_one import train_each
from fedsz_privacy.training.privacy_engine import device_of, load_batches, train_by_engine
from fedsz_privacy.training.private_models import refuse_buffers_that_move


@dataclass(frozen=True)
class OpacusTraining:
    """DP-SGD by Opacus: its sampler, its gradients of single records, its optimiser and its accountant.

    Parameters
    ----------
    private : DPTraining
        Sampling rate, steps, noise multiplier, clip norm and optimiser.

    Guarantees
    ----------
    Those of `DPTraining` with the same numbers: the accountant of the engine counts the same steps. The seeds of its
    sampler and, on a CPU, of its noise have 32 bits too, as torch keeps no more there. In one thing Opacus is not as
    the toolkit's own: a record whose gradient is not finite makes the step not finite, and training ends.
    """

    private: DPTraining

    @property
    def event(self) -> DpEvent:
        """The privacy event of all rounds together, for adding or removing one record."""
        return self.private.event

    @property
    def reason(self) -> str:
        """Why the event holds."""
        return f"{self.private.reason}; trained by Opacus"

    @property
    def remedy(self) -> str:
        """What helps where training diverges."""
        return SLOWER_OR_QUIETER

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place.

        Raises
        ------
        InputError
            If Opacus cannot train a layer of the model, or it would not be private.
        """
        self._train(model, records, np.arange(len(records)), generator)

    def draw(
        self,
        membership: NDArray[np.bool_],
        generators: Sequence[Generator],  # noqa: ARG002  # Opacus draws its own batches
    ) -> NDArray[np.int64]:
        """Return one batch for each client, its records at their places, shape (clients, 1, records).

        Opacus samples from places. Those of others stay empty, so without one record all other draws are the same.
        """
        return np.where(membership, np.arange(membership.shape[1]), ABSENT)[:, np.newaxis]

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train one client after another, by an engine for each."""

        def train(copy: nn.Module, batches: NDArray[np.int64], generator: Generator) -> None:
            self._train(copy, clients.records, batches[0], generator)

        return train_each(train, model, clients)

    def sized(self, records: int) -> Self:
        """Return the same steps and noise for another expected number of records; epsilon changes."""
        return replace(self, private=self.private.sized(records))

    def _train(self, model: nn.Module, records: Records, places: NDArray[np.int64], generator: Generator) -> None:
        from opacus.utils.uniform_sampler import UniformWithReplacementSampler

        sampling, noise = (torch_stream(generator, device) for device in (torch.device("cpu"), device_of(model)))
        private, places = self.private, places if len(places) else np.array([ABSENT])
        sampler = UniformWithReplacementSampler(
            num_samples=len(places), sample_rate=private.sampling_rate, generator=sampling, steps=private.steps
        )
        refuse_unless_opacus_trains(model)
        with seeded(generator):
            if len(records):
                refuse_buffers_that_move(model, records)
            train_by_engine(model, load_batches(records, places, sampler), private, noise)
