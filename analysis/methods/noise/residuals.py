"""The error of one encode and decode, tensor by tensor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.noise.sketch import LEAST_ELEMENTS
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.release import Released


@dataclass(frozen=True)
class Residual:
    """What lossy compression did to one tensor, over one or more updates.

    Elements that an update left at exactly 0, such as the weights of a dead input, come back as exactly 0. They show no
    error at all and are left out.

    Attributes
    ----------
    elements : int
        Number of elements, those left out among them.
    original, decoded : float64 arrays, shape (elements that the update changed,)
        Values before and after, in the update's own unit.
    bound : float64 array, same shape
        The absolute bound that held for each element's tensor in its update, in the same unit.
    """

    elements: int
    original: NDArray[np.float64]
    decoded: NDArray[np.float64]
    bound: NDArray[np.float64]

    @property
    def error(self) -> NDArray[np.float64]:
        """Decoded minus original."""
        return self.decoded - self.original

    @property
    def untouched(self) -> float:
        """Share of the elements that the updates left at 0."""
        return 1 - self.original.size / self.elements


def residuals(updates: Sequence[StateDict], released: Sequence[Released]) -> dict[str, Residual]:
    """Return the residual of each tensor that was lossy in every update, in the order of the state.

    A tensor with too few errors to fit a distribution to, or none but zeros, is left out.
    """
    lossy = [name for name in updates[0] if all(name in each.bounds for each in released)]
    parts = {name: _residual(name, updates, released) for name in lossy}
    return {name: part for name, part in parts.items() if part.original.size >= LEAST_ELEMENTS and part.error.any()}


def pool(parts: Sequence[Residual]) -> Residual:
    """Return the residuals of several tensors as one."""
    return Residual(
        elements=sum(part.elements for part in parts),
        original=np.concatenate([part.original for part in parts]),
        decoded=np.concatenate([part.decoded for part in parts]),
        bound=np.concatenate([part.bound for part in parts]),
    )


def _residual(name: str, updates: Sequence[StateDict], released: Sequence[Released]) -> Residual:
    original = np.concatenate([update[name].flatten().double().numpy() for update in updates])
    decoded = np.concatenate([each.update[name].flatten().double().numpy() for each in released])
    bound = np.repeat([each.bounds[name] for each in released], updates[0][name].numel())
    kept = original != 0
    return Residual(original.size, original[kept], decoded[kept], bound[kept])
