"""Records from a table: one column to foretell, the others to foretell it from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.classes import as_whole, require_shown
from fedsz_privacy.data.columns import MOST_CATEGORIES, as_categories, as_numbers, encode, is_numeric, require_one_kind
from fedsz_privacy.data.frames import read_frame, read_texts
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.splitting import split_order
from fedsz_privacy.data.standard import standardised
from fedsz_privacy.data.targets import NEXT_TOKEN, settle
from fedsz_privacy.data.text import load_strings

if TYPE_CHECKING:
    from pandas import Series


def load_table(path: Path, train: int | None, test: int | None, seed: int, target: str, task: str) -> DataSplit:
    """Return the rows of a .csv or .parquet file, split 80/20 at random.

    Columns are encoded as `encode` says. A target of floats is one of regression; it is standardised by the training
    rows like any other number, so that step sizes suit it and its metric is in standard deviations. Any other target is
    one of classes, numbered in sorted order. A task of a user's own gets numbers as they are. For the task next-token
    the target is a column of text, whose characters are the tokens, and the other columns are not read.

    Raises
    ------
    InputError
        If the file or a column cannot be read, there is no such target, or it does not fit the task.
    """
    if task == NEXT_TOKEN:
        return _load_text(path, train, test, seed, target)
    frame = read_frame(path, target)
    rows = split_order(len(frame), seed, str(path))
    inputs = torch.from_numpy(encode(frame.drop(columns=target), rows[0], str(path)))
    where = f"column {target!r} of {path}"
    values, asked = _targets(frame[target], rows[0], task, where)
    targets, settled = settle(asked, [values[chosen] for chosen in rows], where)
    parts = [
        Records((inputs[torch.from_numpy(chosen)],), each, settled).part(0, most)
        for chosen, each, most in zip(rows, targets, (train, test), strict=True)
    ]
    return DataSplit(*parts)


def _load_text(path: Path, train: int | None, test: int | None, seed: int, target: str) -> DataSplit:
    column, where = read_texts(path, target), f"column {target!r} of {path}"
    _require_whole(column, where)
    if is_numeric(column, where):
        raise InputError(f"task {NEXT_TOKEN}: {where} is of type {column.dtype}, choose a column of text")
    return load_strings(list(map(str, column)), train, test, seed, NEXT_TOKEN, where)


def _targets(column: "Series[Any]", train: NDArray[np.int64], task: str, where: str) -> tuple[NDArray[Any], str]:
    """Return a target column as numbers, and the task that they are for: the one asked for, or what they speak of."""
    _require_whole(column, where)
    numeric = is_numeric(column, where)
    if not numeric:
        require_one_kind(column, where)
    if ":" in task and numeric:
        return column.to_numpy(), task
    if numeric and (task or ("regression" if column.dtype.kind == "f" else "")) == "regression":
        return standardised(as_numbers(column, where)[:, None], train)[:, 0], "regression"
    if task == "regression":
        raise InputError(f"task regression: {where} is of type {column.dtype}, choose a column of numbers")
    classes, numbers = np.unique(_labels(column, where) if numeric else as_categories(column), return_inverse=True)
    if not 2 <= len(classes) <= MOST_CATEGORIES:
        remedy = "regression, or next-token for text" if len(classes) > 2 else "another column"
        values = f"{len(classes)} values" if len(classes) > 1 else "1 value"
        raise InputError(f"{where} has {values}, not 2 to {MOST_CATEGORIES} classes: choose {remedy}")
    return numbers.astype(np.int64), task or ("binary" if len(classes) == 2 else "classification")


def _labels(column: "Series[Any]", where: str) -> NDArray[np.int64]:
    """Return a column of numbers as labels."""
    labels = as_whole(column.to_numpy(dtype=np.float64 if column.dtype.kind == "f" else None), where, "row")
    require_shown({"row": labels}, where)
    return labels


def _require_whole(column: "Series[Any]", where: str) -> None:
    if missing := int(column.isna().sum()):
        raise InputError(
            f"{where} is the target, and lacks {missing} of its {len(column)} values: drop those rows, or use "
            "next-token for text"
        )
