"""Columns of a table as numbers: standardised ones, and one for each category."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.frames import MOST_CELLS
from fedsz_privacy.data.standard import standardised

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_CATEGORIES = 256
"""Most categories of one column: names and free text are no categories, and would fill the memory."""

MOST_CODES = 10
"""Most numbers that a column of words may have too, such as 0, 1, 2 and 3+."""

DATE = r"\d{4}-\d\d?-\d\d?([T ].*)?|\d\d?[./]\d\d?[./]\d{2,4}"

CATEGORIES = frozenset({"string", "boolean", "categorical", "empty"})
"""What pandas calls values that are categories."""


def encode(frame: "DataFrame", train: NDArray[np.int64], where: str) -> NDArray[np.float32]:
    """Return the columns of a table as numbers, float32 (records, numbers), in their order.

    Numbers are standardised by the training rows, a missing one being at their mean. Text, bools and pandas' categories
    become one number for each category of the training rows, 1 for a record's own and 0 for all others; a missing value
    is a category of its own if the training rows have one, and what they do not have is 0 everywhere.

    Raises
    ------
    InputError
        If there is no column, or one is infinite, has too many categories, or is neither numbers nor categories.
    """
    if not len(frame.columns):
        raise InputError(f"{where} has no column beside the target: give one to foretell it from")
    encoded: list[NDArray[np.float32]] = []
    for name in frame:
        encoded.append(_encode(frame[name], train, f"column {name!r} of {where}"))
        _require_room(sum(numbers.size for numbers in encoded), where)
    return np.concatenate(encoded, axis=1)


def _encode(column: "Series[Any]", train: NDArray[np.int64], where: str) -> NDArray[np.float32]:
    if is_numeric(column, where):
        return standardised(as_numbers(column, where)[:, None], train)
    require_one_kind(column, where)
    return _one_hot(as_categories(column), train, where)


def is_numeric(column: "Series[Any]", where: str) -> bool:
    """Return whether a column is of numbers; else it is of categories.

    Raises
    ------
    InputError
        If it is of neither.
    """
    from pandas.api import types

    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column) and not types.is_complex_dtype(column):
        return True
    if types.infer_dtype(column, skipna=True) not in CATEGORIES:
        raise InputError(f"{where} is of type {column.dtype}: turn it into numbers or text")
    return False


def require_one_kind(column: "Series[Any]", where: str) -> None:
    """Refuse a column of categories that is one of dates, or of numbers but for a few words.

    Raises
    ------
    InputError
        If all values are dates, or some are words and the others more than `MOST_CODES` different numbers.
    """
    from pandas import to_numeric

    values = column.dropna().astype(str)
    if len(values) and values.str.fullmatch(DATE).all():
        raise InputError(f"{where} is of dates, such as {values.iloc[0]}: turn them into numbers, such as days")
    numbers = to_numeric(values, errors="coerce")
    words = values[numbers.isna()]
    if len(words) and (count := numbers.nunique()) > MOST_CODES:
        raise InputError(
            f"{where} has {count} numbers and {words.iloc[0]!r} in row {words.index[0]}: replace what is no number, or "
            "leave it empty"
        )


def as_numbers(column: "Series[Any]", where: str) -> NDArray[np.float64]:
    """Return a column of numbers, NaN where one is missing.

    Raises
    ------
    InputError
        If one is infinite.
    """
    values: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise InputError(f"{where} has values that are infinite: replace them")
    return values


def as_categories(column: "Series[Any]") -> NDArray[np.object_]:
    """Return a column of categories as text, None where one is missing."""
    known = column.notna().to_numpy(dtype=bool)
    return np.array([str(value) if held else None for value, held in zip(column, known, strict=True)], dtype=object)


def _require_room(numbers: int, where: str) -> None:
    if numbers > MOST_CELLS:
        raise InputError(f"{where} becomes {numbers} numbers: keep to {MOST_CELLS}, by fewer rows or categories")


def _one_hot(values: NDArray[np.object_], train: NDArray[np.int64], where: str) -> NDArray[np.float32]:
    from sklearn.preprocessing import OneHotEncoder

    if (count := len(set(values[train]))) > MOST_CATEGORIES:
        raise InputError(f"{where} has {count} categories: drop it, or group them to {MOST_CATEGORIES} or fewer")
    _require_room(count * len(values), where)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32)
    encoded: NDArray[np.float32] = encoder.fit(values[train, None]).transform(values[:, None])
    return encoded
