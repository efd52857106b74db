"""Training that diverged is found at once, and not as a figure that makes no sense."""

import torch

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, rows

FAR = 1e3
"""An update longer than this many times the state that it starts from, or than this where that is shorter than 1, is
no training: steps grew instead of shrinking."""


STATISTICS = ("running_mean", "running_var")
"""What normalisation layers call the statistics of their inputs, which are as large as those, however training goes."""


def require_convergence(updates: StateDict, states: StateDict, number: int) -> None:
    """Raise InputError if the updates of a round, from 0, are not finite or longer than any training makes them.

    Each tensor of updates is of shape (k, ...), of states (k, ...) or (1, ...).
    """
    lengths, starts = _squared_lengths(_learnt(updates)), _squared_lengths(_learnt(states)).nan_to_num(0.0, 0.0, 0.0)
    finite = all(bool(tensor.isfinite().all()) for tensor in updates.values())
    if not finite or not bool((lengths <= FAR**2 * starts.clamp(min=1)).all()):
        raise InputError(f"training diverged in round {number + 1}: lower --learning-rate")


def _learnt(stacked: StateDict) -> StateDict:
    """Return all but the statistics of normalisation layers."""
    return {name: tensor for name, tensor in stacked.items() if name.rpartition(".")[2] not in STATISTICS}


def _squared_lengths(stacked: StateDict) -> torch.Tensor:
    """Return the squared length of each state of a stack, over its floats."""
    floats = [tensor for tensor in stacked.values() if tensor.is_floating_point()]
    if not floats:
        return torch.zeros(1, dtype=torch.float64)
    return torch.stack([rows(tensor).square().sum(1, dtype=torch.float64) for tensor in floats]).sum(0)
