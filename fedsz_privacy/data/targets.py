"""From targets as numbers to tensors and the task that they are for."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.names import require_task
from fedsz_privacy.data.tasks import IGNORED, Task, binary, classification, find_task, next_token, regression

NEXT_TOKEN = "next-token"

CLASSES = ("classification", "binary")
"""Tasks whose targets are classes."""

MOST_TOKENS = 2**20
"""Largest vocabulary: a wrong number among the tokens must not become an embedding that fills the memory."""

Targets: TypeAlias = tuple[list[Tensor], Task]
"""Targets of each part, and what they are for."""


def settle(asked: str, parts: Sequence[NDArray[Any]], where: str, known: int = 0) -> Targets:
    """Return targets as the task reads them that was asked for.

    Parameters
    ----------
    asked : str
        A key of `TASKS`, or ``module:TASK`` for a task of a user's own, which gets integers in 64 bits and floats
        in 32.
    parts : sequence of array
        Integer or float targets of the training and of the test records.
    where : str
        What they belong to, for messages.
    known : int
        Number of classes, or of tokens, that there are known to be; targets may have more.

    Raises
    ------
    InputError
        If there is no such task, or the targets do not fit it.
    """
    if ":" in asked:
        return [_tensor(part) for part in parts], find_task(asked)
    require_task(asked)
    return TASKS[asked](parts, where, known)


def name_task(targets: Sequence[NDArray[Any]], of_table: bool) -> str:
    """Return the task that targets speak of: floats of regression, two classes of a table of a binary one."""
    if any(part.dtype.kind == "f" for part in targets):
        return "regression"
    if any(part.ndim > 1 for part in targets):
        return NEXT_TOKEN
    return "binary" if of_table and _span(targets) == (0, 1) else "classification"


def _classify(parts: Sequence[NDArray[Any]], where: str, known: int) -> Targets:
    low, high = _class_span(parts, where, "classification")
    records = sum(map(len, parts))
    if not 0 <= low <= high < max(known, records):
        raise InputError(f"{where} has targets from {low} to {high} on {records} records: number the classes from 0")
    return [_tensor(part) for part in parts], classification(max(known, high + 1))


def _tell_two(parts: Sequence[NDArray[Any]], where: str, _: int) -> Targets:
    low, high = _class_span(parts, where, "binary")
    if not 0 <= low <= high <= 1:
        raise InputError(
            f"task binary: {where} has targets from {low} to {high}, choose classification or give 0 and 1"
        )
    return [_tensor(part) for part in parts], binary()


def _regress(parts: Sequence[NDArray[Any]], where: str, _: int) -> Targets:
    several = all(part.ndim == 2 and part.dtype.kind == "f" for part in parts)
    if not several and any(part.ndim != 1 for part in parts):
        raise InputError(
            f"task regression: {where} has targets {_described(parts)}, give numbers, (records,), or float (records, "
            "outputs)"
        )
    return [_tensor(part).float() for part in parts], regression(parts[0].shape[1] if several else 1)


def _continue(parts: Sequence[NDArray[Any]], where: str, known: int) -> Targets:
    if not known or any(part.ndim != 2 or part.dtype.kind not in "iu" for part in parts):
        raise InputError(
            f"task {NEXT_TOKEN}: {where} has targets {_described(parts)}, give text, or integer tokens as inputs and "
            "targets, (records, length)"
        )
    counted = [part[part != IGNORED] for part in parts]
    low, high = _span([part for part in counted if part.size] or [np.zeros(1, int)])
    if not 0 <= low <= high < MOST_TOKENS:
        raise InputError(f"{where} has target tokens from {low} to {high}: number tokens from 0, below {MOST_TOKENS}")
    return [_tensor(part) for part in parts], next_token(max(known, high + 1))


TASKS: Mapping[str, Callable[[Sequence[NDArray[Any]], str, int], Targets]] = MappingProxyType(
    {"classification": _classify, "binary": _tell_two, "regression": _regress, NEXT_TOKEN: _continue}
)
"""Built-in tasks by the name that `load_data` is asked for."""


def _class_span(parts: Sequence[NDArray[Any]], where: str, task: str) -> tuple[int, int]:
    if any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts):
        raise InputError(f"task {task}: {where} has targets {_described(parts)}, give integer classes, (records,)")
    return _span(parts)


def _span(parts: Sequence[NDArray[Any]]) -> tuple[int, int]:
    return min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)


def _tensor(values: NDArray[Any]) -> Tensor:
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused where records are checked
        return torch.from_numpy(values.astype(np.float32 if values.dtype.kind == "f" else np.int64))


def _described(parts: Sequence[NDArray[Any]]) -> str:
    return f"{parts[0].dtype} {parts[0].shape}"
