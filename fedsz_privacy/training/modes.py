"""Copies of models to train and to judge, what they are called by, and what torch draws meanwhile.

A model that a caller gives is an architecture. Only copies of it run, since a forward pass may change a model: it moves
buffers, and may keep what it saw in an attribute.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict


def learner(model: nn.Module) -> nn.Module:
    """Return a copy in training mode."""
    return deepcopy(model).train()


def judge(model: nn.Module) -> nn.Module:
    """Return a copy in evaluation mode, so that dropout is off and running statistics are used."""
    return deepcopy(model).eval()


@contextmanager
def learning(model: nn.Module) -> Iterator[None]:
    """Put a model in training mode, and back again."""
    modes = {module: module.training for module in model.modules()}
    model.train()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def seeded(generator: Generator) -> Iterator[None]:
    """Do as `drawing_from` does, with a seed that a generator gives."""
    with drawing_from(int(generator.integers(2**63))):
        yield


@contextmanager
def drawing_from(seed: int) -> Iterator[None]:
    """Let torch, and what NumPy and Python draw globally, start from a seed, and go on afterwards as if it had not."""
    numpys, pythons = np.random.get_state(), random.getstate()  # noqa: NPY002  # users' code draws from it
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(numpys)  # noqa: NPY002
            random.setstate(pythons)


def torch_stream(generator: Generator, device: torch.device, bits: int = 63) -> torch.Generator:
    """Return a generator of torch's own on a device, its seed the next draw of NumPy's.

    Parameters
    ----------
    generator : Generator
        Gives one integer.
    device : torch.device
        Where the stream is drawn from.
    bits : int
        Width of the seed. Streams of two widths differ, so who changes one changes every number that was drawn from it.
    """
    # On the CPU torch keeps 32 bits of a seed: a wider one tells no more streams apart there.
    return torch.Generator(device).manual_seed(int(generator.integers(2**bits)))


def holding(model: nn.Module, state: StateDict) -> nn.Module:
    """Return a copy of a model that holds a state.

    A copy, and no functional call: recurrent layers keep their weights a second time, which a functional call misses
    under some transforms.
    """
    copy = deepcopy(model)
    copy.load_state_dict(dict(state))
    return copy


def detached(model: nn.Module) -> dict[str, Tensor]:
    """Return a model's state without gradients."""
    return {name: tensor.detach() for name, tensor in model.state_dict().items()}


def trainable(model: nn.Module) -> dict[str, str]:
    """Return the names of the parameters that train, each with the first name that the same tensor goes by.

    Frozen parameters are not among them: whatever trains a model differentiates by these names alone.
    """
    first, parameters = first_names(model), dict(model.named_parameters(remove_duplicate=False))
    return {name: first[name] for name, parameter in parameters.items() if parameter.requires_grad}


def first_names(model: nn.Module) -> dict[str, str]:
    """Return the names of parameters and buffers, each with the first name that the same tensor goes by."""
    named = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
    first = {id(tensor): name for name, tensor in reversed(named)}
    return {name: first[id(tensor)] for name, tensor in named}


def for_call(model: nn.Module, state: StateDict) -> dict[str, Tensor]:
    """Return a state for a functional call: each tensor under its first name only, and copies of buffers.

    Copies, because a forward pass may write into its buffers.
    """
    first, buffers = first_names(model), dict(model.named_buffers())
    once = {name: tensor for name, tensor in state.items() if first.get(name, name) == name}
    return {name: tensor.clone() if name in buffers else tensor for name, tensor in once.items()}


def split(model: nn.Module, state: StateDict) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return what a functional call is differentiated by, and the rest of a state, as `for_call` gives it."""
    shared = trainable(model)
    parameters = {name: state[name] for name in dict.fromkeys(shared.values())}
    return parameters, {name: tensor for name, tensor in for_call(model, state).items() if name not in shared}


def merge(model: nn.Module, state: StateDict, parameters: StateDict) -> dict[str, Tensor]:
    """Return a state with other parameters, as `split` gives them, under all the names that each goes by."""
    shared = trainable(model)
    return {name: parameters[shared[name]] if name in shared else tensor for name, tensor in state.items()}
