"""The floats of an update as numbers to add noise to, all of them, and back again as tensors."""

from collections.abc import Collection, Mapping
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.quantiser import Values

MARGIN = 2.0**-40
"""Share of the clip norm that makes up for the rounding of sums and products, for any number of coordinates."""


class Norm(IntEnum):
    """The order of a norm."""

    L1 = 1
    L2 = 2


def float_values(update: StateDict) -> dict[str, Values]:
    """Return the coordinates of every float tensor of an update; what is not finite counts as 0."""
    return {name: np.where(np.isfinite(each), each, 0.0) for name, each in coordinates(update).items()}


def coordinates(update: StateDict) -> dict[str, Values]:
    """Return the coordinates of every float tensor of an update, as they are."""
    return {
        name: tensor.detach().cpu().double().reshape(-1).numpy()
        for name, tensor in update.items()
        if tensor.is_floating_point()
    }


def blanked(update: StateDict, noised: Collection[str]) -> dict[str, Tensor]:
    """Return zeros for all that gets no noise: integers, such as a count of batches, bools and complex numbers."""
    return {name: torch.zeros_like(tensor) for name, tensor in update.items() if name not in noised}


def clip_norm(values: Mapping[str, Values], norm: Norm, most: float) -> dict[str, Values]:
    """Scale all values by one factor, so that the norm of all together is at most ``most``, in floats too."""
    limit = most * (1 - MARGIN)
    with np.errstate(over="ignore"):
        total = float(np.linalg.norm([np.linalg.norm(each, norm) for each in values.values()], norm))
    return {name: each * min(1.0, limit / total) if total else each for name, each in values.items()}


def to_tensors(values: Mapping[str, Values], like: StateDict) -> dict[str, Tensor]:
    """Return values in the shapes and dtypes of the tensors of their names, rounded to the nearest, and finite."""
    return {name: _to_tensor(each, like[name]) for name, each in values.items()}


def _to_tensor(values: Values, like: Tensor) -> Tensor:
    limits = torch.finfo(like.dtype)
    return torch.from_numpy(values.clip(limits.min, limits.max)).reshape(like.shape).to(like)
