"""State dicts as values: the arithmetic of model updates."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

StateDict: TypeAlias = Mapping[str, Tensor]
"""Parameter and buffer names mapped to tensors, as ``torch.nn.Module.state_dict`` gives them."""


def subtract(after: StateDict, before: StateDict) -> dict[str, Tensor]:
    """Return the update that leads from one state to another: after minus before, name by name."""
    return {name: tensor - before[name] for name, tensor in after.items()}


def add(before: StateDict, update: StateDict) -> dict[str, Tensor]:
    """Return the state that an update leads to: before plus update, name by name."""
    return {name: tensor + update[name] for name, tensor in before.items()}


def accumulate(total: StateDict, state: StateDict, weight: float) -> dict[str, Tensor]:
    """Return total plus weight times a state; an empty total is zero. Integers stay integers, rounded down."""
    return {name: total.get(name, 0) + (weight * tensor).to(tensor.dtype) for name, tensor in state.items()}


def stack(states: Sequence[StateDict]) -> dict[str, Tensor]:
    """Stack k states of equal shapes along a new first axis of length k."""
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def stack_of_one(state: StateDict) -> dict[str, Tensor]:
    """Return a state as a stack of length 1, without copying."""
    return {name: tensor.unsqueeze(0) for name, tensor in state.items()}


def length(stacked: StateDict) -> int:
    """Return the number of states in a stack."""
    return len(next(iter(stacked.values())))


def expand(stacked: StateDict, count: int) -> dict[str, Tensor]:
    """Return a stack of as many states as it is, or of one that all ``count`` share, without copying."""
    return {name: tensor.expand(count, *tensor.shape[1:]) for name, tensor in stacked.items()}


def unstack(stacked: StateDict, index: int) -> dict[str, Tensor]:
    """Return one state of a stack, without copying."""
    return {name: tensor[index] for name, tensor in stacked.items()}


def flatten(stacked: StateDict) -> Tensor:
    """Lay the k states of a stack out as the rows of one matrix of shape (k, parameters)."""
    return torch.cat([tensor.flatten(1) for tensor in stacked.values()], dim=1)


def nbytes(state: StateDict) -> int:
    """Return the size of a state in bytes, uncompressed and without names or shapes."""
    return sum(tensor.nbytes for tensor in state.values())
