"""Federated averaging (McMahan et al., AISTATS 2017) in one process."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fedsz_privacy.datasets import Dataset
from fedsz_privacy.errors import InputError
from fedsz_privacy.randomness import Purpose, generator
from fedsz_privacy.state import StateDict
from fedsz_privacy.training import Training, draw_batches, train


def even_clients(clients: int, records: int) -> NDArray[np.bool_]:
    """Deal records out to clients in turn, so that each holds a random sample of nearly equal size.

    Returns
    -------
    bool array, shape (clients, records)
        Which records each client holds.

    Raises
    ------
    InputError
        If a client would hold no record.
    """
    if not 1 <= clients <= records:
        raise InputError(f"{clients} clients for {records} records: choose from 1 to {records}")
    return np.equal(np.arange(records) % clients, np.arange(clients)[:, None])


def federated_rounds(
    model: nn.Module, state: StateDict, data: Dataset, clients: NDArray[np.bool_], training: Training, seed: int
) -> Iterator[StateDict]:
    """Yield the global state after each round of federated averaging, without end.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    state : StateDict
        The initial global state.
    data : Dataset
        The records of all clients.
    clients : bool array, shape (clients, records)
        Which records each client holds; a client's weight in the average is how many.
    training : Training
        How every client trains.
    seed : int
        Seed of the run.
    """
    weights = clients.sum(axis=1) / clients.sum()
    round_number = 0
    while True:
        generators = [generator(seed, Purpose.FEDERATION, round_number, client) for client in range(len(clients))]
        batches = draw_batches(clients, training, generators)
        trained = train(model, state, data, batches, training.learning_rate)
        state = {name: sum(w * t for w, t in zip(weights, tensor, strict=True)) for name, tensor in trained.items()}
        yield state
        round_number += 1
