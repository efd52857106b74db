"""Training of many clients one after another, for whatever cannot train them at once."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, expand, stack, unstack
from fedsz_privacy.training.modes import detached, holding

Train = Callable[[nn.Module, NDArray[np.int64], Generator], None]
"""From a model, a client's row of batches and a generator: trains the model in place."""


def train_each(
    train: Train,
    model: nn.Module,
    states: StateDict,
    chosen: NDArray[np.int64],
    generators: Sequence[Generator],
) -> dict[str, Tensor]:
    """Train one client after another, each in a copy of a model that holds its state.

    Parameters
    ----------
    train : callable
        Trains a copy in place.
    model : nn.Module
        The architecture.
    states : StateDict
        What clients start from, each tensor of shape (clients, ...), or (1, ...) if all start from one.
    chosen : int64 array, shape (clients, ...)
        Indices of each client's records, and `ABSENT`.
    generators : sequence of Generator
        One for each client.

    Returns
    -------
    dict of Tensor
        The trained states, each tensor of shape (clients, ...).
    """
    starts, trained = expand(states, len(chosen)), []
    for row, (indices, generator) in enumerate(zip(chosen, generators, strict=True)):
        copy = holding(model, unstack(starts, row))
        train(copy, indices, generator)
        trained.append(detached(copy))
        _require_same_kinds(states, trained[-1])
    return stack(trained)


def _require_same_kinds(states: StateDict, trained: StateDict) -> None:
    """Raise InputError if training left tensors of other names, shapes or dtypes than those of a stack of states."""
    before = {name: (tuple(tensor.shape[1:]), tensor.dtype) for name, tensor in states.items()}
    after = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in trained.items()}
    if changed := [name for name in {**before, **after} if before.get(name) != after.get(name)]:
        raise InputError(
            f"training changes the names, shapes or dtypes of the model's state ({changed[0]}): leave them as they were"
        )
