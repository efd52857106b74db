"""State dicts as values: the arithmetic of model updates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

StateDict: TypeAlias = Mapping[str, Tensor]
"""Parameter and buffer names mapped to tensors, as ``torch.nn.Module.state_dict`` gives them."""


def subtract(after: StateDict, before: StateDict) -> dict[str, Tensor]:
    """Return the update that leads from one state to another: after minus before, name by name.

    Integers and bools, such as the batches that batch normalisation has counted, are carried as they are after: a
    difference of them means nothing, and could wrap. What is infinite before and after, as in a mask, has not moved.
    """
    return {name: _difference(tensor, before[name]) if is_number(tensor) else tensor for name, tensor in after.items()}


def add(before: StateDict, update: StateDict) -> dict[str, Tensor]:
    """Return the state that an update leads to: before plus update, or the update's own integers and bools."""
    return {name: tensor + update[name] if is_number(tensor) else update[name] for name, tensor in before.items()}


def average(updates: Iterable[StateDict], shares: Iterable[float]) -> dict[str, Tensor]:
    """Return the mean of updates by their shares (McMahan et al., AISTATS 2017); integers and bools are rounded."""
    total: dict[str, Tensor] = {}
    dtypes: dict[str, torch.dtype] = {}
    for update, share in zip(updates, shares, strict=True):
        for name, tensor in update.items():
            part = (share * tensor).to(tensor.dtype) if is_number(tensor) else share * tensor.double()
            total[name] = total.get(name, 0) + part
            dtypes[name] = tensor.dtype
    return {
        name: tensor if is_number(tensor) and tensor.dtype == dtypes[name] else tensor.round().to(dtypes[name])
        for name, tensor in total.items()
    }


def _difference(after: Tensor, before: Tensor) -> Tensor:
    difference = after - before
    if bool(before.isfinite().all()):
        return difference
    return torch.where(after == before, torch.zeros_like(difference), difference)


def is_number(tensor: Tensor) -> bool:
    """Return whether a tensor moves by sums and differences: floats and complex numbers, and no integers or bools."""
    return tensor.is_floating_point() or tensor.is_complex()


def is_finite(tensor: Tensor) -> bool:
    """Return whether all numbers of a tensor are finite."""
    if not is_number(tensor) or not tensor.numel():
        return True
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    elif tensor.itemsize == 1:
        tensor = tensor.float()
    # NaN is both the least and the greatest; one pass is quicker than isfinite.
    return bool(torch.stack(tensor.aminmax()).isfinite().all())


def beside(per_state: Tensor, stacked: Tensor) -> Tensor:
    """Return one number for each state of a stack, shaped so that it multiplies the stack."""
    return per_state.reshape(-1, *[1] * (stacked.ndim - 1))


def stack(states: Sequence[StateDict]) -> dict[str, Tensor]:
    """Stack k states of equal shapes along a new first axis of length k."""
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def stack_of_one(state: StateDict) -> dict[str, Tensor]:
    """Return a state as a stack of length 1, without copying."""
    return {name: tensor.unsqueeze(0) for name, tensor in state.items()}


def concatenate(stacks: Sequence[StateDict]) -> dict[str, Tensor]:
    """Join stacks of states one after another, along the first axis."""
    return {name: torch.cat([each[name] for each in stacks]) for name in stacks[0]}


def length(stacked: StateDict) -> int:
    """Return the number of states in a stack."""
    return len(next(iter(stacked.values())))


def cloned(state: StateDict) -> dict[str, Tensor]:
    """Return a copy of a state, which its holder may write into."""
    return {name: tensor.clone() for name, tensor in state.items()}


def expand(stacked: StateDict, count: int) -> dict[str, Tensor]:
    """Return a stack of as many states as it is, or of one that all ``count`` share, without copying."""
    return {name: tensor.expand(count, *tensor.shape[1:]) for name, tensor in stacked.items()}


def unstack(stacked: StateDict, index: int) -> dict[str, Tensor]:
    """Return one state of a stack, without copying."""
    return {name: tensor[index] for name, tensor in stacked.items()}


def flatten(stacked: StateDict) -> Tensor:
    """Lay the k states of a stack out as the rows of one matrix of shape (k, parameters)."""
    return torch.cat([rows(tensor) for tensor in stacked.values()], dim=1)


def rows(stacked: Tensor) -> Tensor:
    """Return a stack of tensors, scalars too, as the rows of a matrix."""
    return stacked.reshape(len(stacked), -1)


def nbytes(state: StateDict) -> int:
    """Return the size of a state in bytes, uncompressed and without names or shapes."""
    return sum(tensor.nbytes for tensor in state.values())


def on_device_of(states: StateDict, others: StateDict) -> dict[str, Tensor]:
    """Return states in the memory of the device that holds other ones."""
    return {name: tensor.to(states[name].device) for name, tensor in others.items()}


def wide(tensor: Tensor) -> Tensor:
    """Return a float tensor of 16 bits in 32: sums need more digits than weights."""
    return tensor.float() if tensor.dtype in {torch.float16, torch.bfloat16} else tensor
