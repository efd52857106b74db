"""Labels from outside: classes numbered from 0, and what can be none."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

RECORDS = ("training record", "test record")

HIDDEN = -1

SIGNS = {-1, 1}
"""The one pair of classes that is often written with a negative number."""

LARGEST = 2**53
"""Largest label: up to it, a float is one integer and no other."""


def number_classes(
    parts: Sequence[NDArray[Any]], where: str, names: Sequence[str] = ()
) -> tuple[list[NDArray[np.int64]], tuple[str, ...]]:
    """Return labels as classes from 0, and what a reader should know of how they were numbered.

    Labels that are not 0, 1, 2, ... already are numbered in sorted order: strings, bools, integers that start
    elsewhere or have gaps, and the pair of -1 and 1.

    Parameters
    ----------
    parts : sequence of array, shape (records,)
        Labels of all training and of all test records: integers, bools, strings, or floats that are whole.
    where : str
        What they belong to, for messages.
    names : sequence of str
        What the classes are called if that is known: then labels are their numbers and stay as they are.

    Raises
    ------
    InputError
        If labels are missing, fractional, hidden (-1) or too large, are none of the classes known, name one class
        only, or name a class in the test part that the training part does not have.
    """
    whole = [as_whole(labels, where, record) for labels, record in zip(parts, RECORDS, strict=True)]
    if len({labels.dtype.kind for labels in whole}) > 1:
        kinds = [labels.dtype for labels in parts]
        raise InputError(f"{where} has {kinds[0]} labels to train on and {kinds[1]} to test on: make them alike")
    classes = np.unique(np.concatenate(whole))
    if whole[0].dtype.kind == "i":
        _require_numbers(whole, where, len(names))
    numbers = [labels if names else np.searchsorted(classes, labels) for labels in whole]
    require_several(numbers[0], where, names or classes.tolist())
    _require_seen(numbers, where, names or classes.tolist())
    if names or np.array_equal(classes, np.arange(len(classes))):
        return numbers, ()
    return numbers, (f"{where}: labels {_few(classes.tolist())} are classes 0 to {len(classes) - 1}, in this order",)


def require_several(labels: NDArray[Any], where: str, names: Sequence[object]) -> None:
    """Refuse training labels, numbers of named classes, that are all of one class.

    Raises
    ------
    InputError
        If they are.
    """
    if (labels == labels[0]).all():
        raise InputError(f"{where} has training records of class {names[labels[0]]!r} alone: give two classes or more")


def _require_seen(parts: Sequence[NDArray[np.int64]], where: str, names: Sequence[object]) -> None:
    """Refuse test labels of a class that the training part does not have."""
    trained, tested = parts
    if unseen := [names[number] for number in np.setdiff1d(tested, trained).tolist()]:
        raise InputError(
            f"{where} has test records of {_few(unseen)}, classes of no training record: take them out, or train on "
            "some"
        )


def as_whole(labels: NDArray[Any], where: str, record: str) -> NDArray[Any]:
    """Return labels as int64, or as strings.

    Parameters
    ----------
    labels : array, shape (records,)
    where, record : str
        What they belong to, and what each belongs to, such as "row", for messages.

    Raises
    ------
    InputError
        If one is missing, fractional or too large.
    """
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "biuf":
        raise InputError(f"{where} has labels of type {labels.dtype}: give integers or strings")
    whole = labels <= LARGEST
    if labels.dtype.kind == "f":
        whole &= (labels >= -LARGEST) & (labels == np.floor(labels))
    if not whole.all():
        row = int((~whole).argmax())
        raise InputError(
            f"{where} has label {labels[row]} in {record} {row}, no class: give whole numbers, or use task regression"
        )
    return labels.astype(np.int64)


def require_shown(parts: Mapping[str, NDArray[np.int64]], where: str) -> None:
    """Refuse -1 among other labels, which stands for one that is hidden; -1 and 1 alone are a pair of classes.

    Parameters
    ----------
    parts : mapping of str to int64 array
        Labels by what each belongs to, such as "row".
    where : str
        What they belong to, for messages.

    Raises
    ------
    InputError
        If there is a -1.
    """
    classes = set(np.unique(np.concatenate([*parts.values()])).tolist())
    if HIDDEN in classes and classes != SIGNS:
        count, of, record = max((np.count_nonzero(each == HIDDEN), len(each), what) for what, each in parts.items())
        raise InputError(
            f"{where} has label -1 in {count} of {of} {record}s, as sets with hidden labels do: leave these out, or "
            "write words if it is a class"
        )


def _require_numbers(parts: Sequence[NDArray[np.int64]], where: str, known: int) -> None:
    """Refuse labels below 0, or not below the number known, beside the pair of -1 and 1."""
    require_shown(dict(zip(RECORDS, parts, strict=True)), where)
    least, most = (0, known) if known else (min(SIGNS), LARGEST + 1)
    for labels, record in zip(parts, RECORDS, strict=True):
        if (outside := (labels < least) | (labels >= most)).any():
            row, below = int(outside.argmax()), f", below {known}" if known else ""
            raise InputError(f"{where} has label {labels[row]} in {record} {row}: number the classes from 0{below}")


def _few(values: Sequence[object]) -> str:
    shown = [repr(value) for value in values]
    return ", ".join(shown) if len(shown) <= 4 else ", ".join([*shown[:3], "...", shown[-1]])
