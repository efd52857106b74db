"""What mode a model is in, and what torch draws, while a client trains or an adversary looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
from numpy.random import Generator
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model in evaluation mode, so that dropout is off and running statistics are used, and back again."""
    with _in_mode(model, training=False):
        yield


@contextmanager
def learning(model: nn.Module) -> Iterator[None]:
    """Put a model in training mode, and back again."""
    with _in_mode(model, training=True):
        yield


@contextmanager
def _in_mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def seeded(generator: Generator) -> Iterator[None]:
    """Let torch draw from a seed that a generator gives, and go on afterwards as if nothing had been drawn."""
    with torch.random.fork_rng():
        torch.manual_seed(int(generator.integers(2**63)))
        yield


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
    first = {id(parameter): name for name, parameter in reversed(list(model.named_parameters()))}
    named = model.named_parameters(remove_duplicate=False)
    return {name: first[id(parameter)] for name, parameter in named if parameter.requires_grad}
