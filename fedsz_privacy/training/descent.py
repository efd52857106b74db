"""Local training of many clients at once.

A client is a row of a boolean matrix, which records of a data set it holds, so the clients of a federated round and the
trials of a membership game are the same thing to this module. All rows take each step together through ``torch.func``.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from fedsz_privacy.core.errors import require_positive
from fedsz_privacy.core.state import StateDict, expand, length, stack, unstack
from fedsz_privacy.data.datasets import Dataset

JUDGED_AT_ONCE = 256
ABSENT = -1
"""Fills a batch up where a client has no record left for it."""


class TrainingRule(Protocol):
    """How clients train: which batches each sees, and what it makes of them. Equal rules do the same."""

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches as `draw_batches` does, one generator for each client."""
        ...

    def train(
        self,
        model: nn.Module,
        states: StateDict,
        data: Dataset,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Train every client from its state as `train` does, with a generator for each."""
        ...

    def sized(self, records: int) -> Self:
        """Return the same rule for clients who hold another number of records, which is public."""
        ...


@dataclass(frozen=True)
class Training:
    """How a client trains: plain stochastic gradient descent on the mean cross-entropy of each batch."""

    epochs: int = 5
    batch_size: int = 10
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        require_positive(self, "epochs", "batch_size", "learning_rate")

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches that visit each record once an epoch."""
        return draw_batches(membership, self, generators)

    def train(
        self,
        model: nn.Module,
        states: StateDict,
        data: Dataset,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],  # noqa: ARG002  # nothing in plain descent is random but the batches
    ) -> dict[str, Tensor]:
        """Train every client from its state."""
        return train(model, states, data, batches, self.learning_rate)

    def sized(self, records: int) -> Self:  # noqa: ARG002  # plain descent does not depend on it
        """Return this rule."""
        return self


def draw_batches(
    membership: NDArray[np.bool_], training: Training, generators: Sequence[Generator]
) -> NDArray[np.int64]:
    """Draw the batches of every client: each epoch visits its records once, in a fresh random order.

    Parameters
    ----------
    membership : bool array, shape (clients, records)
        Which records each client holds.
    training : Training
        Epochs and batch size.
    generators : sequence of Generator
        One for each client, so that a client's batches depend on no other client.

    Returns
    -------
    int64 array, shape (clients, steps, batch size)
        Indices of records; `ABSENT` where a batch is not full.
    """
    size = training.batch_size
    slots = -(-int(membership.sum(axis=1).max()) // size) * size
    batches = np.full((len(membership), training.epochs, slots), ABSENT)
    for row, members, generator in zip(batches, membership, generators, strict=True):
        records = np.flatnonzero(members)
        for epoch in row:
            epoch[: len(records)] = generator.permutation(records)
    return batches.reshape(len(membership), -1, size)


def train(
    model: nn.Module, states: StateDict, data: Dataset, batches: NDArray[np.int64], learning_rate: float
) -> dict[str, Tensor]:
    """Train every client from its state.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    states : StateDict
        The parameters that clients start from, each tensor of shape (clients, ...), or (1, ...) if all start from one.
    data : Dataset
        The records that the batches index.
    batches : int64 array, shape (clients, steps, batch size)
        As `draw_batches` gives them.
    learning_rate : float
        Step size.

    Returns
    -------
    dict of Tensor
        The trained parameters, each of shape (clients, ...).
    """
    if convolves(model):
        starts = expand(states, len(batches))
        return stack([train_one(model, unstack(starts, i), data, row, learning_rate) for i, row in enumerate(batches)])

    def loss(parameters: StateDict, images: Tensor, labels: Tensor, present: Tensor) -> Tensor:
        logits = functional_call(model, dict(parameters), (images,))
        losses = nn.functional.cross_entropy(logits, labels, reduction="none")
        return (losses * present).sum() / present.sum().clamp(min=1)

    gradient = vmap(grad(loss))
    parameters = expand(states, len(batches))
    for step in torch.from_numpy(batches).unbind(1):
        gradients = gradient(parameters, data.images[step], data.labels[step], (step != ABSENT).float())
        parameters = {name: tensor - learning_rate * gradients[name] for name, tensor in parameters.items()}
    return parameters


def train_one(
    model: nn.Module, state: StateDict, data: Dataset, batches: NDArray[np.int64], learning_rate: float
) -> dict[str, Tensor]:
    """Train one client's model of any kind, batch statistics and all; `train` is for many small ones at once.

    Parameters
    ----------
    model, data, learning_rate
        As for `train`.
    state : StateDict
        The parameters and buffers to start from.
    batches : int64 array, shape (steps, batch size)
        As `draw_batches` gives them for one client. Batch normalisation cannot learn from a batch of one record, so a
        model that has it skips those.

    Returns
    -------
    dict of Tensor
        The trained parameters and buffers.
    """
    client = deepcopy(model).train()
    client.load_state_dict(dict(state))
    optimiser = torch.optim.SGD(client.parameters(), lr=learning_rate)
    least = 2 if any(isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in client.modules()) else 1
    for step in torch.from_numpy(batches):
        records = step[step != ABSENT]
        if len(records) >= least:
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(client(data.images[records]), data.labels[records])
            torch.autograd.backward(loss)
            optimiser.step()
    return {name: tensor.detach() for name, tensor in client.state_dict().items()}


def convolves(model: nn.Module) -> bool:
    """Return whether a model has convolutions; vmapped over weights they become grouped ones, slow on processors."""
    return any(isinstance(layer, nn.modules.conv._ConvNd) for layer in model.modules())


def accuracy(model: nn.Module, state: StateDict, data: Dataset) -> float:
    """Return the share of records that a model in evaluation mode classifies correctly."""
    judge = deepcopy(model).eval()
    judge.load_state_dict(dict(state))
    with torch.no_grad():
        correct = [
            int((judge(part.images).argmax(-1) == part.labels).sum())
            for part in (data.part(start, start + JUDGED_AT_ONCE) for start in range(0, len(data), JUDGED_AT_ONCE))
        ]
    return sum(correct) / len(data)


def predict(model: nn.Module, stacked: StateDict, images: Tensor) -> Tensor:
    """Return the logits of every client's model on the same images, shape (clients, records, classes)."""

    def logits(parameters: StateDict) -> Tensor:
        output: Tensor = functional_call(model, dict(parameters), (images,))
        return output

    with torch.no_grad():
        if convolves(model):
            return torch.stack([logits(unstack(stacked, client)) for client in range(length(stacked))])
        outputs: Tensor = vmap(logits)(stacked)
    return outputs
