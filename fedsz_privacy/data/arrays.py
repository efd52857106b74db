"""Records of any shape from an .npz file: images, rows of a table or tokens."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.archives import Header, read_arrays
from fedsz_privacy.data.checking import require_sound
from fedsz_privacy.data.images import channels_first, scaled
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.targets import MOST_TOKENS, NEXT_TOKEN, name_task, settle

PARTS = ("train", "test")


def load_arrays(path: Path, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the records of an .npz file in random order.

    Raises
    ------
    InputError
        If the file cannot be read, its arrays are no records, or its targets do not fit the task.
    """
    arrays = read_arrays(path, partial(_require_records, path=path, task=task))
    inputs, targets = ([arrays[f"{letter}_{part}"] for part in PARTS] for letter in "xy")
    tokens = all(map(_are_tokens, inputs))
    vocabulary = _vocabulary(inputs, path) if tokens else 0
    asked = task or name_task(targets, of_table=inputs[0].ndim == 2 and not tokens)
    tensors, settled = settle(asked, targets, str(path), vocabulary if asked == NEXT_TOKEN else 0)
    parts = []
    for values, target, most in zip(inputs, tensors, (train, test), strict=True):
        chosen = np.random.default_rng(seed).permutation(len(target))[:most]  # so that any prefix holds every class
        parts.append(Records((_tensor(values[chosen]),), target[torch.from_numpy(chosen)], settled))
    return require_sound(DataSplit(*parts), str(path))


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
    images = dtype == np.uint8 and len(shape) in {3, 4}
    numbers = dtype.kind == "f" and len(shape) >= 2
    tokens = dtype.kind in "iu" and dtype != np.uint8 and len(shape) == 2
    if 0 in shape or not (images or numbers or tokens):
        raise InputError(
            f"{name} of {path} is {dtype} {shape}: save uint8 or float images, (records, height, width) or (records, "
            "height, width, channels), float rows, (records, columns), or integer tokens that are not uint8, "
            "(records, length)"
        )


def _require_targets(
    name: str, shape: tuple[int, ...], dtype: np.dtype[Any], inputs: Header, path: Path, task: str
) -> None:
    labels = dtype.kind in "iu" and len(shape) == 1
    numbers = dtype.kind == "f" and len(shape) in {1, 2} and (task or len(inputs[0]) == 2)
    tokens = dtype.kind in "iu" and len(shape) == 2 and (task or (inputs[1].kind in "iu" and inputs[0] == shape))
    if 0 in shape or not (labels or numbers or tokens):
        raise InputError(
            f"{name} of {path} is {dtype} {shape}: save integer labels, (records,), float targets of rows, or next "
            "tokens as many as tokens; for float targets of images ask for task regression"
        )


def _are_tokens(inputs: NDArray[Any]) -> bool:
    return inputs.dtype.kind in "iu" and inputs.ndim == 2


def _vocabulary(inputs: list[NDArray[Any]], path: Path) -> int:
    low, high = min(int(part.min()) for part in inputs), max(int(part.max()) for part in inputs)
    if not 0 <= low <= high < MOST_TOKENS:
        raise InputError(f"{path} has tokens from {low} to {high}: number tokens from 0, below {MOST_TOKENS}")
    return high + 1


def _tensor(inputs: NDArray[Any]) -> Tensor:
    if _are_tokens(inputs):
        return torch.from_numpy(inputs.astype(np.int64))
    return channels_first(scaled(inputs)) if inputs.ndim in {3, 4} else torch.from_numpy(scaled(inputs))
