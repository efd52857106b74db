"""What records from outside must be before a model trains on them."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import IGNORED, Task, binary, classification, next_token, regression

INPUTS = (torch.float32, torch.int64, torch.int32, torch.bool)
"""Dtypes of inputs: numbers, which models take in their own precision, tokens and masks."""


def require_sound(split: DataSplit, name: str) -> DataSplit:
    """Return a split from outside, known to be one that a model can train on.

    Raises
    ------
    InputError
        If parts are no records of tensors, numbers of inputs and targets differ, there are none, a dtype is not one of
        `INPUTS`, floats are not finite, targets are not what a built-in task reads, or the two parts are not alike.
    """
    for part in (split.train, split.test):
        _require_sound(part, f"data set {name!r}")
    if _kind(split.train) != _kind(split.test):
        raise InputError(
            f"data set {name!r} has training records of {_described(split.train)}, but test records of "
            f"{_described(split.test)}: make them alike"
        )
    return split


def require_like(made: object, given: Records, where: str) -> None:
    """Raise InputError unless what was made of records is as many sound records of their kind.

    ``where`` says in words who made them.
    """
    _require_sound(made, where)
    assert isinstance(made, Records)
    if (len(made), _kind(made)) != (len(given), _kind(given)):
        raise InputError(
            f"{where} makes {len(made)} records of {_described(made)} out of {len(given)} of {_described(given)}: make "
            "as many, and alike"
        )


def require_finite(values: NDArray[Any], where: str) -> None:
    """Refuse the records of a file, array (records, ...), of which a float is not finite.

    Raises
    ------
    InputError
        If one is not.
    """
    if values.dtype.kind == "f" and not (sound := np.isfinite(values)).all():
        record = int((~sound.reshape(len(values), -1).all(axis=1)).argmax())
        raise InputError(f"{where} has values that are not finite, first in record {record}: replace them")


def _kind(records: Records) -> tuple[object, ...]:
    return records.shapes, [tensor.dtype for tensor in records.inputs], records.targets.shape[1:], records.task


def _described(records: Records) -> str:
    shapes = ", ".join(map(str, records.shapes))
    dtypes = ", ".join(str(tensor.dtype) for tensor in records.inputs)
    outputs = f"{records.task.outputs} classes" if _classifies(records.task) else f"{records.task.outputs} outputs"
    return f"{shapes} in {dtypes} for {records.task.name} of {outputs}"


def _classifies(task: Task) -> bool:
    return task == classification(task.outputs)


def _require_sound(records: object, where: str) -> None:
    _require_tensors(records, where)
    assert isinstance(records, Records)
    inputs, targets = records.inputs, records.targets
    counts = [len(tensor) if tensor.ndim else 0 for tensor in (*inputs, targets)]
    if not inputs or len(set(counts)) != 1 or any(0 in tensor.shape for tensor in (*inputs, targets)):
        few = ", ".join(map(str, counts[:-1])) or "no"
        raise InputError(f"{where} has {few} inputs and {counts[-1]} targets: give as many of both, and some")
    if any(tensor.dtype not in INPUTS for tensor in inputs):
        shapes = ", ".join(f"{tensor.dtype} {tuple(tensor.shape)}" for tensor in inputs)
        raise InputError(
            f"{where} has inputs {shapes} and targets {targets.dtype} {tuple(targets.shape)}: make them torch.float32, "
            "or torch.int64 if they are tokens"
        )
    for kind, tensor in (*(("inputs", each) for each in inputs), ("targets", targets)):
        if not tensor.isfinite().all():
            raise InputError(f"{where} has {kind} that are not finite: replace those values")
    _require_targets(targets, records.task, where)


def _require_tensors(records: object, where: str) -> None:
    if not isinstance(records, Records):
        raise InputError(f"{where} has a part of type {type(records).__name__}: make it Records")
    if not isinstance(records.inputs, tuple):
        raise InputError(f"{where} has inputs of type {type(records.inputs).__name__}: make them a tuple of tensors")
    if not isinstance(records.task, Task):
        raise InputError(f"{where} has a task of type {type(records.task).__name__}: make it a Task")
    for tensor in (*records.inputs, records.targets):
        if not isinstance(tensor, Tensor):
            raise InputError(f"{where} has a {type(tensor).__name__} among its inputs and targets: make it a tensor")


def _require_targets(targets: Tensor, task: Task, where: str) -> None:
    """Refuse targets that a built-in task cannot read; those of a user's own are its own affair."""
    if _classifies(task):
        _require_form(targets, torch.int64, "(records,)", targets.ndim == 1, where)
        _require_range(targets, task.outputs, f"number its {task.outputs} classes from 0", where)
    elif task == binary():
        _require_form(targets, torch.int64, "(records,)", targets.ndim == 1, where)
        _require_range(targets, 2, "number its two classes 0 and 1", where)
    elif task == regression(task.outputs):
        width = targets.shape[1] if targets.ndim == 2 else 1
        form = f"(records, {task.outputs})" if task.outputs > 1 else "(records,)"
        _require_form(targets, torch.float32, form, targets.ndim <= 2 and width == task.outputs, where)
    elif task == next_token(task.outputs):
        _require_form(targets, torch.int64, "(records, length)", targets.ndim == 2, where)
        counted = targets[targets != IGNORED]
        _require_range(counted, task.outputs, f"number its {task.outputs} tokens from 0", where)


def _require_form(targets: Tensor, dtype: torch.dtype, form: str, holds: bool, where: str) -> None:
    if targets.dtype != dtype or not holds:
        raise InputError(f"{where} has targets {targets.dtype} {tuple(targets.shape)}: make them {dtype} {form}")


def _require_range(targets: Tensor, count: int, remedy: str, where: str) -> None:
    low, high = (targets.min().item(), targets.max().item()) if len(targets) else (0, 0)
    if not 0 <= low <= high < count:
        raise InputError(f"{where} has targets from {low} to {high}: {remedy}")
