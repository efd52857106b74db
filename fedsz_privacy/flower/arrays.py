"""Flower's records of arrays as states, and back."""

from collections.abc import Iterable
from io import BytesIO

import numpy as np
import torch
from flwr.app import Array, ArrayRecord
from torch import Tensor

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.state import StateDict, is_number


def read_state(record: ArrayRecord) -> dict[str, Tensor]:
    """Return the arrays of a record of one's own side as tensors.

    Raises
    ------
    InputError
        If one is no array of numbers that PyTorch knows.
    """
    return {name: _read(name, array) for name, array in record.items()}


def read_like(record: ArrayRecord, expected: StateDict) -> dict[str, Tensor]:
    """Return the arrays of a record that somebody else made, known to have the names and shapes of a state.

    No memory is taken for an array before its size is known to be right.

    Raises
    ------
    InputError
        If a name or shape is another one, or an array does not hold what it announces.
    """
    require_names(record.keys(), expected)
    for name, array in record.items():
        require_shape(name, _announced_shape(name, array), expected)
    return {name: _read(name, record[name]) for name in expected}


def write_state(state: StateDict) -> ArrayRecord:
    """Return a state as a record of arrays."""
    return ArrayRecord({name: Array(tensor.detach().cpu().numpy()) for name, tensor in state.items()})


def require_names(names: Iterable[str], expected: StateDict) -> None:
    """Raise InputError unless names are those of a state, in any order."""
    if odd := sorted(set(names).symmetric_difference(expected)):
        raise InputError(f"array {odd[0]!r} is not on both sides: return the arrays that the server sent, and no other")


def require_shape(name: str, shape: tuple[int, ...], expected: StateDict) -> None:
    """Raise InputError unless a shape is that of a state's tensor."""
    if tuple(shape) != (sent := tuple(expected[name].shape)):
        raise InputError(f"array {name!r} has shape {tuple(shape)}, and the server sent {sent}: keep it")


def moved(before: Tensor, update: Tensor) -> Tensor:
    """Return where an update leads from a tensor, in its dtype; integers and bools are carried, not added."""
    numbers = is_number(update)
    return (before + update if numbers else update).to(before.dtype)


def _announced_shape(name: str, array: Array) -> tuple[int, ...]:
    """Return the shape that an array's bytes announce, without reading its elements."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    stream = BytesIO(array.data)
    try:
        shape, _, dtype = readers[np.lib.format.read_magic(stream)](stream)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"array {name!r} cannot be read: {one_line(error)}") from error
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if size != len(array.data) - stream.tell():
        raise InputError(f"array {name!r} announces {size} bytes and holds {len(array.data) - stream.tell()}")
    return tuple(shape)


def _read(name: str, array: Array) -> Tensor:
    try:
        return torch.from_numpy(array.numpy())
    except (TypeError, ValueError) as error:
        raise InputError(f"array {name!r} cannot be read: {one_line(error)}") from error
