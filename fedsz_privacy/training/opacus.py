"""Opacus itself as a training rule: one ``PrivacyEngine`` for each client and training.

The numbers are those of the toolkit's own DP-SGD. Opacus takes the sampling rate and the expected batch size from the
length of a client's own data; both are public here, as the guarantee needs them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from fedsz_privacy.core.dp_events import DpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import ABSENT, present
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.evaluation import apply
from fedsz_privacy.training.fixing import refuse_unless_opacus_trains
from fedsz_privacy.training.modes import learning, seeded, torch_stream
from fedsz_privacy.training.one_by_one import train_each
from fedsz_privacy.training.optimizers import build
from fedsz_privacy.training.own import quiet
from fedsz_privacy.training.private_models import refuse_buffers_that_move

if TYPE_CHECKING:
    from opacus import PrivacyEngine


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

        sampling, noise = (torch_stream(generator, device) for device in (torch.device("cpu"), _device(model)))
        private, places = self.private, places if len(places) else np.array([ABSENT])
        sampler = UniformWithReplacementSampler(
            num_samples=len(places), sample_rate=private.sampling_rate, generator=sampling, steps=private.steps
        )
        refuse_unless_opacus_trains(model)
        with seeded(generator):
            if len(records):
                refuse_buffers_that_move(model, records)
            train_by_engine(model, load_batches(records, places, sampler), private, noise)


def load_batches(records: Records, places: NDArray[np.int64], sampler: Iterable[list[int]]) -> "DataLoader[Any]":
    """Return a loader of `Records`, as many as the sampler, which has a length, draws sets of places.

    A place holds the index of a record, or `ABSENT`.
    """

    def collate(drawn: Sequence[int]) -> Records:
        return records.select(present(np.asarray(drawn, np.int64)))

    return DataLoader(
        places.tolist(),
        batch_sampler=sampler,
        collate_fn=collate,
        generator=torch.Generator(),
    )


def train_by_engine(
    model: nn.Module, loader: "DataLoader[Any]", private: DPTraining, noise: torch.Generator
) -> "PrivacyEngine":
    """Train a model in place by a `PrivacyEngine` of its own.

    Parameters
    ----------
    model : nn.Module
        What is trained; nothing of Opacus stays on it.
    loader : DataLoader
        Gives the `Records` of each step, as `load_batches` does.
    private : DPTraining
        Noise multiplier, clip norm, sampling rate, expected batch size and optimiser.
    noise : torch.Generator
        Draws the noise, on the device of the model.

    Returns
    -------
    PrivacyEngine
        The engine, whose accountant has counted the steps.

    Raises
    ------
    InputError
        If the gradients that Opacus finds are not one for each record.
    """
    from opacus import PrivacyEngine

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    with quiet(), learning(model):
        engine = PrivacyEngine()
        wrapped, optimizer, loader = engine.make_private(
            module=model,
            optimizer=build(private.optimizer, trained, private.learning_rate, private.weight_decay),
            data_loader=loader,
            noise_multiplier=private.noise_multiplier,
            max_grad_norm=private.clip_norm,
            poisson_sampling=False,  # the loader's sampler is Opacus' own for it, at the public rate
            noise_generator=noise,
        )
        optimizer.expected_batch_size = private.batch_size
        optimizer.attach_step_hook(engine.accountant.get_optimizer_hook_fn(sample_rate=private.sampling_rate))
        try:
            for batch in loader:
                _step(wrapped, optimizer, batch)
        finally:
            wrapped.to_standard_module()
    return engine


def _step(wrapped: nn.Module, optimizer: Any, batch: Records) -> None:
    optimizer.zero_grad()
    if len(batch):
        loss = batch.task.loss(apply(wrapped, batch.inputs), batch.targets).mean()
        loss.backward()  # type: ignore[no-untyped-call]
    for name, parameter in wrapped.named_parameters():
        if parameter.requires_grad:
            _settle(name.removeprefix("_module."), parameter, len(batch))
    optimizer.step()


def _settle(name: str, parameter: Any, records: int) -> None:
    """Give a parameter that no record of a batch reached gradients of zero, and refuse what is not one a record.

    An empty batch reaches none: it is not given to the model, for not every layer takes one.
    """
    if parameter.grad_sample is None:
        parameter.grad_sample = parameter.new_zeros((records, *parameter.shape))
    found = parameter.grad_sample
    if not isinstance(found, Tensor) or len(found) != records:
        raise InputError(
            f"parameter {name}: Opacus finds {len(found)} gradients for {records} records: keep records along the "
            "first axis of every layer, or use dpsgd"
        )


def _device(model: nn.Module) -> torch.device:
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
