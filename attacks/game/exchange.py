"""One round of a game: what every client sent, whoever may see it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from attacks.game.view import Knowledge
from fedsz_privacy.core.state import StateDict, accumulate


@dataclass(frozen=True)
class Exchange:
    """One round of k trials: what its clients released.

    Parameters
    ----------
    knowledge : Knowledge
        Model, global states before the round, and candidates.
    target : StateDict
        Decoded updates of the target, each tensor of shape (k, ...).
    sizes : int64 array, shape (k,)
        Bytes of the target's updates on the wire.
    release_others : callable
        Trains the other clients and returns their decoded updates, each stacked alike.
    shares : tuple of float
        Weight of each client in the average, the target's first.
    """

    knowledge: Knowledge
    target: StateDict
    sizes: NDArray[np.int64]
    release_others: Callable[[], tuple[StateDict, ...]]
    shares: tuple[float, ...]

    @cached_property
    def others(self) -> tuple[StateDict, ...]:
        """Decoded updates of the other clients; they train once somebody asks."""
        return self.release_others()

    @cached_property
    def average(self) -> StateDict:
        """Federated average of all updates (McMahan et al., AISTATS 2017): the step of the global state."""
        total: StateDict = {}
        for share, update in zip(self.shares, (self.target, *self.others), strict=True):
            total = accumulate(total, update, share)
        return total
