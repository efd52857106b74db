"""Directions in the space of parameters, for gradient canaries."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict

MEMORY_BYTES = 2**29
"""Most memory that directions may take."""


def require_room(state: StateDict, count: int) -> None:
    """Raise InputError if so many directions would take more memory than `MEMORY_BYTES`, or there are none.

    Of parameters there must be as many as of canaries: no more directions are orthogonal.
    """
    parameters = _parameters(state)
    most = min(MEMORY_BYTES // (4 * parameters), parameters)
    if not 1 <= count <= most:
        raise InputError(f"{count} canaries: choose from 1 to {most} for a model of {parameters} parameters")


def draw_directions(state: StateDict, count: int, rng: Generator) -> dict[str, Tensor]:
    """Return random unit directions in the space of a state, each tensor of shape (count, ...).

    Raises
    ------
    InputError
        If they take more memory than `MEMORY_BYTES`, or ``count`` is below 1.
    """
    flat = _draw(state, count, rng)
    return _in_shape(state, flat / torch.linalg.vector_norm(flat, dim=1, keepdim=True))


def draw_orthogonal_directions(state: StateDict, count: int, rng: Generator) -> dict[str, Tensor]:
    """Return random unit directions, each at a right angle to all others, each tensor of shape (count, ...).

    Raises
    ------
    InputError
        As `draw_directions`.
    """
    columns, _ = torch.linalg.qr(_draw(state, count, rng).T)
    return _in_shape(state, columns.T.contiguous())


def _draw(state: StateDict, count: int, rng: Generator) -> Tensor:
    require_room(state, count)
    return torch.from_numpy(rng.standard_normal((count, _parameters(state)), dtype=np.float32))


def _parameters(state: StateDict) -> int:
    return sum(tensor.numel() for tensor in state.values())


def _in_shape(state: StateDict, flat: Tensor) -> dict[str, Tensor]:
    parts = flat.split_with_sizes([tensor.numel() for tensor in state.values()], dim=1)
    return {name: part.view(len(flat), *state[name].shape) for name, part in zip(state, parts, strict=True)}
