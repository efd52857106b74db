"""Training of many clients one after another, for whatever cannot train them at once."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, cloned, stack, unstack
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.modes import detached, holding

Train = Callable[[nn.Module, NDArray[np.int64], Generator], None]
"""From a model, a client's batches, (steps, batch size), and a generator: trains the model in place."""


def train_each(train: Train, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
    """Train one client after another, each in a copy of a model that holds its state.

    Parameters
    ----------
    train : callable
        Trains a copy in place.
    model : nn.Module
        The architecture.
    clients : Clients
        Where they start, and their batches.

    Returns
    -------
    dict of Tensor
        The trained states, each tensor of shape (clients, ...).
    """
    starts, trained = clients.starts, []
    for row, (batches, generator) in enumerate(zip(clients.batches, clients.generators, strict=True)):
        copy = holding(model, unstack(starts, row))
        train(copy, batches, generator)
        # A function of a user's own may keep the tensors of its model, and write into them for the next client.
        trained.append(cloned(detached(copy)))
        _require_same_kinds(clients.states, trained[-1])
    return stack(trained)


def _require_same_kinds(states: StateDict, trained: StateDict) -> None:
    """Raise InputError if training left tensors of other names, shapes or dtypes than those of a stack of states."""
    before = {name: (tuple(tensor.shape[1:]), tensor.dtype) for name, tensor in states.items()}
    after = {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in trained.items()}
    if changed := [name for name in {**before, **after} if before.get(name) != after.get(name)]:
        raise InputError(
            f"training changes the names, shapes or dtypes of the model's state ({changed[0]}): leave them as they were"
        )
