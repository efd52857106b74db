"""What gradient canaries that a batch draws add to the sum of its gradients."""

from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.state import StateDict

NO_CANARIES: StateDict = MappingProxyType({})
"""No canaries."""


def count_canaries(step: NDArray[np.int64], records: int, canaries: StateDict) -> Tensor:
    """Return how often each canary is in each client's batch, float32 of shape (clients, canaries).

    Parameters
    ----------
    step : int64 array, shape (clients, batch size)
        Indices; those from ``records`` on are canaries.
    records : int
        Number of records.
    canaries : StateDict
        Each tensor of shape (canaries, ...); empty for none.
    """
    if not canaries:
        return torch.zeros(len(step), 0)
    counts = np.zeros((len(step), len(next(iter(canaries.values())))), np.float32)
    clients, slots = np.nonzero(step >= records)
    np.add.at(counts, (clients, step[clients, slots] - records), 1)
    return torch.from_numpy(counts)


def add_drawn(counts: Tensor, canaries: Tensor) -> Tensor:
    """Return the sum of the canaries drawn by each client, shape (clients, ...)."""
    total: Tensor = torch.tensordot(counts.to(canaries), canaries, dims=1)
    return total
