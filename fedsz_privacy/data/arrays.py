"""Records of any shape from an .npz file: images, rows of a table or tokens."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.archives import Header, read_arrays
from fedsz_privacy.data.checking import require_finite
from fedsz_privacy.data.classes import number_classes
from fedsz_privacy.data.images import BEHIND, channels_first, find_channels, require_range, scaled
from fedsz_privacy.data.records import PARTS, DataSplit, Records
from fedsz_privacy.data.targets import CLASSES, MOST_TOKENS, NEXT_TOKEN, name_task, settle

LABELS = "biuU"
"""Kinds of dtypes that labels of classes have: bools, integers and strings."""


def load_arrays(path: Path, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the records of an .npz file in random order.

    Raises
    ------
    InputError
        If the file cannot be read, its arrays are no records, or its targets do not fit the task.
    """
    arrays = read_arrays(path, partial(_require_records, path=path, task=task))
    inputs, targets = ([arrays[f"{letter}_{part}"] for part in PARTS] for letter in "xy")
    tokens, notices = all(map(_are_tokens, inputs)), [*_turned(inputs, path)]
    vocabulary = _vocabulary(inputs, path) if tokens else 0
    if _are_labels(targets, inputs, task):
        targets, told = number_classes([labels.reshape(len(labels)) for labels in targets], str(path))
        notices += told
    asked = task or name_task(targets, of_table=inputs[0].ndim == 2 and not tokens)
    tensors, settled = settle(asked, targets, str(path), vocabulary if asked == NEXT_TOKEN else 0)
    parts = []
    for name, values, target, most in zip(PARTS, inputs, tensors, (train, test), strict=True):
        require_finite(values, f"x_{name} of {path}")
        chosen = np.random.default_rng(seed).permutation(len(target))[:most]  # so that any prefix holds every class
        records = _tensor(values[chosen], f"x_{name} of {path}")
        parts.append(Records((records,), target[torch.from_numpy(chosen)], settled))
    return DataSplit(*parts, notices=tuple(notices))


def _require_records(headers: Mapping[str, Header], path: Path, task: str) -> None:
    for x, y in ((f"x_{part}", f"y_{part}") for part in PARTS):
        _require_inputs(x, *headers[x], path)
        _require_targets(y, *headers[y], headers[x], path, task)
        if headers[x][0][0] != headers[y][0][0]:
            raise InputError(
                f"{path} has {headers[x][0][0]} inputs in {x} and {headers[y][0][0]} targets in {y}: save as many of "
                "both"
            )


def _require_inputs(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], path: Path) -> None:
    images = (dtype == np.uint8 or dtype.kind == "b") and len(shape) in {3, 4}
    numbers = dtype.kind == "f" and len(shape) >= 2
    tokens = dtype.kind in "iu" and dtype != np.uint8 and len(shape) == 2
    if 0 in shape or not (images or numbers or tokens):
        raise InputError(
            f"{name} of {path} is {dtype} {shape}: save bool, uint8 or float images, (records, height, width) or "
            "(records, height, width, channels), float rows, (records, columns), or integer tokens that are not uint8, "
            "(records, length)"
        )
    if len(shape) == 4:
        find_channels(shape, f"{name} of {path}")


def _require_targets(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: Header, path: Path, task: str
) -> None:
    one_each = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    of_classes = task in ("", *CLASSES)
    labels = one_each and (
        dtype.kind in "biu" or (dtype.kind == "U" and of_classes) or (dtype.kind == "f" and task in CLASSES)
    )
    numbers = dtype.kind == "f" and len(shape) in {1, 2} and (task or len(inputs[0]) == 2)
    tokens = dtype.kind in "iu" and len(shape) == 2 and (task or (inputs[1].kind in "iu" and inputs[0] == shape))
    if 0 in shape or not (labels or numbers or tokens):
        raise InputError(
            f"{name} of {path} is {dtype} {shape}: save labels that are integers or strings, (records,), float targets "
            "of rows, or next tokens as many as tokens; for float targets of images ask for task regression"
        )


def _are_labels(targets: Sequence[NDArray[Any]], inputs: Sequence[NDArray[Any]], task: str) -> bool:
    """Return whether targets are classes: what is asked for as such, else whatever speaks of them."""
    if task or any(labels.dtype.kind not in LABELS for labels in targets):
        return task in CLASSES and all(labels.size == len(labels) for labels in targets)
    return all(labels.ndim == 1 or labels.shape != x.shape for labels, x in zip(targets, inputs, strict=True))


def _turned(inputs: Sequence[NDArray[Any]], path: Path) -> Sequence[str]:
    """Return what to know of images that have their channels before the height."""
    turned = [f"x_{part}" for part, x in zip(PARTS, inputs, strict=True) if x.ndim == 4 and _axis(x) != BEHIND]
    return [f"{path}: {' and '.join(turned)} read as (records, channels, height, width)"] if turned else []


def _axis(images: NDArray[Any]) -> int:
    return find_channels(images.shape, "images")


def _are_tokens(inputs: NDArray[Any]) -> bool:
    return inputs.dtype.kind in "iu" and inputs.ndim == 2


def _vocabulary(inputs: list[NDArray[Any]], path: Path) -> int:
    low, high = min(int(part.min()) for part in inputs), max(int(part.max()) for part in inputs)
    if not 0 <= low <= high < MOST_TOKENS:
        raise InputError(f"{path} has tokens from {low} to {high}: number tokens from 0, below {MOST_TOKENS}")
    return high + 1


def _tensor(inputs: NDArray[Any], where: str) -> Tensor:
    if _are_tokens(inputs):
        return torch.from_numpy(inputs.astype(np.int64))
    numbers = scaled(inputs)
    if inputs.dtype == np.uint8:
        require_range(numbers, where)
    if inputs.ndim not in {3, 4}:
        return torch.from_numpy(numbers)
    return channels_first(np.moveaxis(numbers, _axis(inputs), BEHIND) if inputs.ndim == 4 else numbers)
