"""Training that diverged is found at once, and not as a figure that makes no sense."""

from collections.abc import Iterable

import torch

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.magnitude import magnitude_of
from fedsz_privacy.core.state import StateDict, rows
from fedsz_privacy.data.copies import OnCopies
from fedsz_privacy.data.tasks import Task

FAR = 1e3
"""An update longer than this many times the state that it starts from, or than this where that is shorter than 1, is
no training: steps grew instead of shrinking."""


STATISTICS = ("running_mean", "running_var")
"""What normalisation layers call the statistics of their inputs, which are as large as those, however training goes."""


SLOWER, SLOWER_OR_QUIETER = "lower the learning rate", "lower the learning rate or the noise"
"""What helps plain training, and private training, that diverges."""

SLOWER_OF_ANY_KIND = f"{SLOWER}, or the noise where training is private"
"""What helps where it is not known which rule trained."""


def require_convergence(updates: StateDict, states: StateDict, number: int, remedy: str = SLOWER_OF_ANY_KIND) -> None:
    """Raise InputError if the updates of a round, from 0, are not finite or longer than any training makes them.

    Each tensor of updates is of shape (k, ...), of states (k, ...) or (1, ...). The remedy is that of the rule that
    trained, `TrainingRule.remedy`.
    """
    if fault := _fault_of(updates, states):
        raise InputError(f"training diverged in round {number + 1} ({fault}): {convergence_remedy(updates, remedy)}")


def _fault_of(updates: StateDict, states: StateDict) -> str:
    """Return why updates are those of no training, in words; empty if they can be of one."""
    if broken := [name for name, tensor in updates.items() if not bool(tensor.isfinite().all())]:
        return f"the update of {broken[0]} is not finite"
    moved, started = _learnt(updates), _learnt(states)
    unit = max(1.0, magnitude_of([*moved.values(), *started.values()]))
    lengths, starts = _squared_lengths(moved, unit), _squared_lengths(started, unit).nan_to_num(0.0, 0.0, 0.0)
    if bool((lengths <= FAR**2 * starts.clamp(min=unit**-2)).all()):
        return ""
    return f"an update is over {FAR:,.0f} times as long as the state before it"


def convergence_remedy(tensors: Iterable[str], remedy: str = SLOWER_OF_ANY_KIND) -> str:
    """Return what helps training that diverges, from the names of the tensors that it trains and its rule's remedy."""
    if any(map(_is_statistic, tensors)):
        return f"{remedy}, or choose another batch size if the last batch is of too few records"
    return remedy


def measure_remedy(task: Task, states: Iterable[str], remedy: str) -> str:
    """Return what helps a task's metric that is not finite, from the states measured and the rule's remedy."""
    return "let it measure finite ones" if isinstance(task.measure, OnCopies) else convergence_remedy(states, remedy)


def _is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in STATISTICS


def _learnt(stacked: StateDict) -> StateDict:
    """Return the floats but the statistics of normalisation layers."""
    return {name: tensor for name, tensor in stacked.items() if not _is_statistic(name) and tensor.is_floating_point()}


def _squared_lengths(stacked: StateDict, unit: float) -> torch.Tensor:
    """Return the squared length of each state of a stack of floats, in a unit, in 64 bits."""
    if not stacked:
        return torch.zeros(1, dtype=torch.float64)
    return torch.stack([(rows(tensor).double() / unit).square().sum(1) for tensor in stacked.values()]).sum(0)
