"""Which float tensors a study says nothing of, and why."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from torch import Tensor

from analysis.methods.noise.sketch import LEAST_ELEMENTS
from analysis.reporting.names import first_names
from fedsz_privacy.core.state import StateDict


class Reason(StrEnum):
    """Why no error of a tensor can be studied."""

    NOT_FINITE = "no finite number"
    FEW = f"fewer than {LEAST_ELEMENTS} finite numbers"
    EXACT = "no error to measure"


def find_unstudied(state: StateDict, studied: Collection[str]) -> dict[str, Reason]:
    """Return why each float tensor that was not studied was not."""
    left = {name: tensor for name, tensor in state.items() if tensor.is_floating_point() and name not in studied}
    return {name: _reason(tensor) for name, tensor in left.items()}


def _reason(tensor: Tensor) -> Reason:
    finite = int(tensor.isfinite().sum())
    if finite >= LEAST_ELEMENTS:
        return Reason.EXACT
    return Reason.FEW if finite or not tensor.numel() else Reason.NOT_FINITE


def in_words(unstudied: Mapping[str, Reason], floats: int) -> str:
    """Return in one line which of so many float tensors were not studied, and why; empty if all were."""
    alike = {why: [name for name, each in unstudied.items() if each is why] for why in Reason}
    told = "; ".join(f"{first_names(names)} ({why})" for why, names in alike.items() if names)
    return f"{len(unstudied):,} of {floats:,} float tensors: {told}" if told else ""
