"""Training by Opacus's own PrivacyEngine."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import present
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.evaluation import apply
from fedsz_privacy.training.modes import learning
from fedsz_privacy.training.optimizers import build
from fedsz_privacy.training.own import quiet

if TYPE_CHECKING:
    from opacus import PrivacyEngine


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


def device_of(model: nn.Module) -> torch.device:
    """Return where a model is, by its first parameter; the CPU for one of none."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
