"""The steps of DP-SGD (Abadi et al., CCS 2016), for many clients at once.

Each step takes the records drawn by Poisson sampling, clips the gradient of each to an L2 norm C, adds up, adds
Gaussian noise of standard deviation sigma C to every coordinate, and divides by the *expected* batch size. What the
optimiser makes of that is post-processing. As in `plain_steps`, clients are rows, and all rows take each step together
where the model can do that.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from numpy.random import Generator
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict, length, wide
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.canary_sums import add_drawn, count_canaries
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.clipped_sums import Sums, clip_canaries, sums_alone, sums_at_once, trains_privately_at_once
from fedsz_privacy.training.modes import merge, seeded, split, torch_stream
from fedsz_privacy.training.optimizers import OptimizerState, step_many
from fedsz_privacy.training.plain_steps import Settings
from fedsz_privacy.training.private_models import refuse_buffers_that_move, refuse_unless_private
from fedsz_privacy.training.watching import Watch, Watched, side_by_side


class PrivateSettings(Settings, Protocol):
    """What the steps of DP-SGD need to know of a rule."""

    @property
    def clip_norm(self) -> float:
        """C."""
        ...

    @property
    def noise_multiplier(self) -> float:
        """Sigma."""
        ...

    @property
    def batch_size(self) -> float:
        """Expected number of records in a batch."""
        ...


def train_privately(
    model: nn.Module, clients: Clients, settings: PrivateSettings, watch: Watch, canaries: StateDict
) -> Watched:
    """Train every client from its state with DP-SGD.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    clients : Clients
        Their states must not depend on their records, but through releases that were accounted for; their batches are
        as `draw_poisson` gives them.
    settings : PrivateSettings
        Clip norm, noise multiplier, expected batch size, and how to step.
    watch : Watch
        What to keep of each step.
    canaries : StateDict
        The gradient of each canary, each tensor (canaries, ...), clipped as those of records are; empty for none.

    Returns
    -------
    Watched
        The trained parameters, and the rest of the state as it was.

    Raises
    ------
    InputError
        If the model cannot be trained privately.

    Guarantees
    ----------
    Each step is the Gaussian mechanism with the given noise multiplier on the records drawn, for one record added or
    removed, against an adversary who sees every step's model. That is exact arithmetic and ideal randomness: attacks on
    the low bits of floating-point noise (Mironov, CCS 2012) are not covered. A record whose gradient is not finite adds
    nothing. What all steps amount to is `fedsz_privacy.training.dpsgd.DPTraining.event`.
    """
    refuse_unless_private(model)
    refuse_buffers_that_move(model, clients.records)
    if trains_privately_at_once(model, clients.records):
        sums = sums_at_once(model, clients.records, settings.clip_norm)
        streams = [_stream(generator) for generator in clients.generators]
        return _take_steps(model, clients, streams, settings, watch, canaries, sums)
    trained = []
    for one in clients.each():
        sums, stream = sums_alone(model, one.records, settings.clip_norm), _stream(one.generators[0])
        with seeded(one.generators[0]):
            trained.append(_take_steps(model, one, [stream], settings, watch, canaries, sums))
    return side_by_side(trained)


def _take_steps(
    model: nn.Module,
    clients: Clients,
    streams: Sequence[torch.Generator],
    settings: PrivateSettings,
    watch: Watch,
    canaries: StateDict,
    sums: Sums,
) -> Watched:
    starts, records, kept = clients.starts, clients.records, []
    shared, fixed = split(model, starts)
    parameters = {name: tensor.clone() for name, tensor in shared.items()}
    noise = {name: torch.empty_like(wide(tensor)) for name, tensor in parameters.items()}
    deviation, optimizer_state = settings.noise_multiplier * settings.clip_norm, OptimizerState()
    canaries = clip_canaries(canaries, settings.clip_norm) if canaries else canaries
    everyone = torch.ones(length(starts), dtype=torch.bool, device=records.targets.device)
    for step in torch.from_numpy(clients.batches).to(everyone.device).unbind(1):
        drawn = step[:, : max(1, int((step != ABSENT).sum(1).max()))]
        present = (drawn != ABSENT) & (drawn < len(records))
        totals = sums(parameters, fixed, torch.where(present, drawn, ABSENT), present)
        if canaries:
            others = count_canaries(step.cpu().numpy(), len(records), canaries)
            totals = {name: each + add_drawn(others, canaries[name]) for name, each in totals.items()}
        for name in parameters:
            fill_with_gaussian(noise[name], deviation, streams)
        gradients = {name: noise[name].add_(totals[name]).div_(settings.batch_size) for name in parameters}
        stepped = step_many(
            settings.optimizer,
            parameters,
            gradients,
            optimizer_state,
            everyone,
            settings.learning_rate,
            settings.weight_decay,
        )
        parameters = {name: tensor.to(parameters[name].dtype) for name, tensor in stepped.items()}
        kept.append(watch(merge(model, starts, parameters), gradients))
    return Watched(merge(model, starts, parameters), kept)


def _stream(generator: Generator) -> torch.Generator:
    return torch_stream(generator, torch.device("cpu"), bits=32)


def fill_with_gaussian(noise: Tensor, deviation: float, streams: Sequence[torch.Generator]) -> None:
    """Fill a tensor with normal noise in place, each row from a generator of its own."""
    for row, stream in zip(noise, streams, strict=True):
        if row.device.type == "cpu":
            row.normal_(0, deviation, generator=stream)
        else:
            row.copy_(torch.empty(row.shape, dtype=row.dtype).normal_(0, deviation, generator=stream))
