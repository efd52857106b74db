"""What records from outside must be before a model trains on them."""

import torch
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import classification


def require_sound(split: DataSplit, name: str) -> DataSplit:
    """Return a split from outside, known to be one that a model can train on.

    Raises
    ------
    InputError
        If numbers of inputs and targets differ, there are none, floats are not finite, classes are out of range, or
        the two parts are not of one kind.
    """
    for part in (split.train, split.test):
        _require_sound(part, f"data set {name!r}")
    if (split.train.shapes, split.train.task) != (split.test.shapes, split.test.task):
        raise InputError(
            f"data set {name!r} has training records of {_described(split.train)}, but test records of "
            f"{_described(split.test)}: make them alike"
        )
    return split


def _described(records: Records) -> str:
    return f"{', '.join(map(str, records.shapes))} for {records.task.name} of {records.task.outputs}"


def _require_sound(records: Records, where: str) -> None:
    for tensor in (*records.inputs, records.targets):
        if not isinstance(tensor, Tensor):
            raise InputError(f"{where} has a {type(tensor).__name__} among its inputs and targets: make it a tensor")
    counts = {len(tensor) if tensor.ndim else 0 for tensor in (*records.inputs, records.targets)}
    if len(counts) != 1 or 0 in counts or any(0 in tensor.shape for tensor in records.inputs):
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in records.inputs)
        raise InputError(
            f"{where} has inputs {shapes} and {tuple(records.targets.shape)} targets: give as many of both"
        )
    for tensor in (*records.inputs, records.targets):
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise InputError(f"{where} has numbers that are not finite: replace those values")
    if records.task == classification(records.task.outputs):
        _require_classes(records, where)


def _require_classes(records: Records, where: str) -> None:
    labels = records.targets
    if labels.dtype != torch.int64 or labels.ndim != 1:
        raise InputError(f"{where} has labels {labels.dtype} {tuple(labels.shape)}: make them torch.int64 (records,)")
    low, high = labels.min().item(), labels.max().item()
    if not 0 <= low <= high < records.task.outputs:
        raise InputError(f"{where} has labels from {low} to {high}: number its {records.task.outputs} classes from 0")
