"""The steps of DP-SGD (Abadi et al., CCS 2016), for many clients at once.

Each step draws every record of a client with probability q (Poisson sampling), clips the gradient of each drawn record
to an L2 norm C, adds up, adds Gaussian noise of standard deviation sigma C to every coordinate, and divides by the
*expected* batch size. As in `fedsz_privacy.training.descent`, clients are rows, and all rows take each step together.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import vmap

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, expand
from fedsz_privacy.data.datasets import Dataset
from fedsz_privacy.training.descent import ABSENT
from fedsz_privacy.training.factored_layers import factored_layers
from fedsz_privacy.training.per_example import per_example_gradients


def draw_poisson_batches(
    membership: NDArray[np.bool_], sampling_rate: float, steps: int, generators: Sequence[Generator]
) -> NDArray[np.int64]:
    """Draw the batches of every client: each of its records is in each batch with probability q, independently.

    Parameters
    ----------
    membership : bool array, shape (clients, records)
        Which records each client holds.
    sampling_rate : float
        q, a number that depends on no client's records.
    steps : int
        Number of batches.
    generators : sequence of Generator
        One for each client, so that a client's batches depend on no other client.

    Returns
    -------
    int64 array, shape (clients, steps, largest batch drawn)
        Indices of records, then `ABSENT`. No batch is cut short: that would break the guarantee.
    """
    drawn = [
        [np.flatnonzero(members & (generator.random(len(members)) < sampling_rate)) for _ in range(steps)]
        for members, generator in zip(membership, generators, strict=True)
    ]
    width = max(max(map(len, row)) for row in drawn) or 1
    batches = np.full((len(membership), steps, width), ABSENT)
    for row, records_of_row in zip(batches, drawn, strict=True):
        for batch, records in zip(row, records_of_row, strict=True):
            batch[: len(records)] = records
    return batches


def train_privately(
    model: nn.Module,
    states: StateDict,
    data: Dataset,
    batches: NDArray[np.int64],
    generators: Sequence[Generator],
    *,
    clip_norm: float,
    noise_multiplier: float,
    batch_size: float,
    learning_rate: float,
) -> dict[str, Tensor]:
    """Train every client from its state with DP-SGD.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    states : StateDict
        What clients start from, each tensor of shape (clients, ...), or (1, ...) if all start from one; it must not
        depend on their records, but through releases that were accounted for.
    data : Dataset
        The records that the batches index.
    batches : int64 array, shape (clients, steps, largest batch)
        As `draw_poisson_batches` gives them.
    generators : sequence of Generator
        One for each client, so that its noise depends on no other client: those that drew the batches, or others that
        are independent of them, never fresh copies.
    clip_norm, noise_multiplier, batch_size, learning_rate : float
        C, sigma, the expected batch size, and the step size.

    Returns
    -------
    dict of Tensor
        The trained parameters, and the rest of the state as it was, each of shape (clients, ...).

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
    first = {id(parameter): name for name, parameter in model.named_parameters()}
    named = model.named_parameters(remove_duplicate=False)
    shared = {name: first[id(parameter)] for name, parameter in named if parameter.requires_grad}
    stacked = {name: tensor.detach() for name, tensor in expand(states, len(batches)).items()}
    parameters = {name: stacked[name].clone() for name in dict.fromkeys(shared.values())}
    noise = {name: torch.empty_like(tensor) for name, tensor in parameters.items()}
    fixed = {name: tensor for name, tensor in stacked.items() if name not in shared}
    factored = factored_layers(model, data.images[0])

    def clipped_sum(
        parameters: StateDict, fixed: StateDict, images: Tensor, labels: Tensor, present: Tensor
    ) -> dict[str, Tensor]:
        gradients = per_example_gradients(model, factored, parameters, fixed, images, labels)
        return gradients.clipped_sum(present, clip_norm)

    sums_of_all = vmap(clipped_sum)
    deviation = noise_multiplier * clip_norm
    streams = [torch.Generator().manual_seed(int(generator.integers(2**32))) for generator in generators]
    rate = learning_rate / batch_size
    for step in torch.from_numpy(batches).unbind(1):
        drawn = step[:, : max(1, int((step != ABSENT).sum(1).max()))]
        sums = sums_of_all(parameters, fixed, data.images[drawn], data.labels[drawn], drawn != ABSENT)
        for name, tensor in parameters.items():
            fill_with_gaussian(noise[name], deviation, streams)
            tensor.sub_(noise[name].add_(sums[name]), alpha=rate)
    return {name: parameters[shared[name]] if name in shared else tensor for name, tensor in stacked.items()}


def fill_with_gaussian(noise: Tensor, deviation: float, streams: Sequence[torch.Generator]) -> None:
    """Fill a tensor with normal noise in place, each row from a generator of its own."""
    for row, stream in zip(noise, streams, strict=True):
        row.normal_(0, deviation, generator=stream)


def refuse_unless_private(model: nn.Module) -> None:
    """Raise an InputError that names the layer if a model has one that DP-SGD has no guarantee for.

    Batch statistics carry records past the clipping; dropout draws from a generator that all clients share.
    """
    for name, layer in model.named_modules():
        kind = type(layer).__name__
        if isinstance(layer, nn.modules.batchnorm._NormBase) and (
            isinstance(layer, nn.modules.batchnorm._BatchNorm) or layer.track_running_stats
        ):
            raise InputError(f"layer {name} ({kind}) keeps batch statistics, which are not private: use nn.GroupNorm")
        if isinstance(layer, nn.modules.dropout._DropoutNd) and layer.training and layer.p > 0:
            raise InputError(f"layer {name} ({kind}) draws at random: set its p to 0, the noise regularises already")
