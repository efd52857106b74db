"""Batches: which records each step of a client's training sees."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

ABSENT = -1
"""Fills a batch up where a client has no record left for it."""


def draw_epochs(
    membership: NDArray[np.bool_], epochs: int, batch_size: int, generators: Sequence[Generator]
) -> NDArray[np.int64]:
    """Draw the batches of every client: each epoch visits its records once, in a fresh random order.

    Parameters
    ----------
    membership : bool array, shape (clients, records)
        Which records each client holds.
    epochs, batch_size : int
        Visits of each record, and records in a batch.
    generators : sequence of Generator
        One for each client, so that a client's batches depend on no other client.

    Returns
    -------
    int64 array, shape (clients, steps, batch size)
        Indices of records; `ABSENT` where a batch is not full. A batch is no wider than the most records of a client.
    """
    most = int(membership.sum(axis=1).max())
    width = min(batch_size, max(most, 1))
    slots = -(-most // width) * width
    batches = np.full((len(membership), epochs, slots), ABSENT)
    for row, members, generator in zip(batches, membership, generators, strict=True):
        records = np.flatnonzero(members)
        for epoch in row:
            epoch[: len(records)] = generator.permutation(records)
    return batches.reshape(len(membership), -1, width)


def draw_poisson(
    membership: NDArray[np.bool_], sampling_rate: float, steps: int, generators: Sequence[Generator]
) -> NDArray[np.int64]:
    """Draw the batches of every client: each of its records is in each batch with probability q, independently.

    Parameters
    ----------
    membership : bool array, shape (clients, records)
        Which records each client holds.
    sampling_rate : float
        q, a number that depends on no client's records.
    steps : int
        Number of batches.
    generators : sequence of Generator
        One for each client, so that a client's batches depend on no other client.

    Returns
    -------
    int64 array, shape (clients, steps, largest batch drawn)
        Indices of records, then `ABSENT`. No batch is cut short: that would break the guarantee.
    """
    return _pad(
        [
            [np.flatnonzero(members & (generator.random(len(members)) < sampling_rate)) for _ in range(steps)]
            for members, generator in zip(membership, generators, strict=True)
        ]
    )


def draw_whole(membership: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return one batch for each client, all its records in their order, shape (clients, 1, most records)."""
    return _pad([[np.flatnonzero(members)] for members in membership])


def present(batch: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the indices of the records that a batch holds."""
    held: NDArray[np.int64] = batch[batch != ABSENT]
    return held


def _pad(drawn: Sequence[Sequence[NDArray[np.int64]]]) -> NDArray[np.int64]:
    width = max(max(map(len, row)) for row in drawn) or 1
    batches = np.full((len(drawn), len(drawn[0]), width), ABSENT)
    for row, records_of_row in zip(batches, drawn, strict=True):
        for batch, records in zip(row, records_of_row, strict=True):
            batch[: len(records)] = records
    return batches
