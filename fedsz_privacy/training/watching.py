"""Watching a training: what is kept of each of its steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from fedsz_privacy.core.state import StateDict, cloned, concatenate

Watch: TypeAlias = Callable[[StateDict, StateDict], StateDict]
"""What is kept of a step, from the states after it and the gradients it was made of: all tensors (clients, ...).

Under DP-SGD the gradients are the noisy ones, as its guarantee has every step release them.
"""


@dataclass(frozen=True)
class Watched:
    """Clients who have trained, and what was kept of each of their steps.

    Attributes
    ----------
    states : StateDict
        The trained parameters and buffers, each tensor of shape (clients, ...).
    steps : sequence of StateDict
        What the watch kept of each step, each tensor of shape (clients, ...).
    """

    states: dict[str, Tensor]
    steps: Sequence[StateDict]


def watch_nothing(_: StateDict, __: StateDict) -> StateDict:
    """Keep nothing."""
    return {}


def watch_states(states: StateDict, _: StateDict) -> StateDict:
    """Keep the states after each step."""
    return cloned(states)


def side_by_side(each: Sequence[Watched]) -> Watched:
    """Return clients who trained one after another as clients who trained together."""
    steps = [concatenate(step) for step in zip(*(watched.steps for watched in each), strict=True)]
    return Watched(concatenate([watched.states for watched in each]), steps)
