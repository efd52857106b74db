"""Labels from outside: classes numbered from 0, and what can be none."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError

PARTS = ("training", "test")

SIGNS = (-1, 1)
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
    whole = [_as_whole(labels, f"{where} has", part) for labels, part in zip(parts, PARTS, strict=True)]
    if len({labels.dtype.kind for labels in whole}) > 1:
        kinds = [labels.dtype for labels in parts]
        raise InputError(f"{where} has {kinds[0]} labels to train on and {kinds[1]} to test on: make them alike")
    classes = np.unique(np.concatenate(whole))
    if whole[0].dtype.kind == "i":
        _require_numbers(whole, classes, where, len(names))
    numbers = [labels if names else np.searchsorted(classes, labels) for labels in whole]
    require_learnable(numbers, where, names or classes.tolist())
    if names or np.array_equal(classes, np.arange(len(classes))):
        return numbers, ()
    return numbers, (f"{where}: labels {_few(classes.tolist())} are classes 0 to {len(classes) - 1}, in this order",)


def require_learnable(parts: Sequence[NDArray[Any]], where: str, names: Sequence[object]) -> None:
    """Refuse classes that no model can be trained to tell apart.

    Raises
    ------
    InputError
        If the training part has a single class, or the test part one that the training part does not have.
    """
    trained, tested = (np.unique(part).tolist() for part in parts)
    if len(trained) < 2:
        raise InputError(f"{where} has training records of class {names[trained[0]]!r} alone: give two classes or more")
    if unseen := [names[number] for number in tested if number not in set(trained)]:
        raise InputError(
            f"{where} has test records of {_few(unseen)}, classes of no training record: take them out, or train on "
            "some"
        )


def _as_whole(labels: NDArray[Any], which: str, part: str) -> NDArray[Any]:
    """Return labels as int64, or as strings."""
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "biuf":
        raise InputError(f"{which} {part} labels of type {labels.dtype}: give integers or strings")
    fits = np.abs(labels) <= LARGEST if labels.dtype.kind == "f" else labels <= LARGEST
    odd = ~(fits & (labels == np.floor(labels))) if labels.dtype.kind == "f" else ~fits
    if odd.any():
        row = int(odd.argmax())
        raise InputError(
            f"{which} label {labels[row]} in {part} record {row}, no class: give whole numbers, or use task regression"
        )
    return labels.astype(np.int64)


def _require_numbers(parts: Sequence[NDArray[np.int64]], classes: NDArray[np.int64], where: str, known: int) -> None:
    low, high = int(classes[0]), int(classes[-1])
    if low == -1 and (known or tuple(classes.tolist()) != SIGNS):
        hidden = [(np.count_nonzero(labels == -1), len(labels)) for labels in parts]
        count, of, part = max((count, of, part) for (count, of), part in zip(hidden, PARTS, strict=True))
        raise InputError(
            f"{where} has label -1 in {count} of {of} {part} records, as sets with hidden labels do: leave these out, "
            "or take test records from the training part"
        )
    if low < -1 or (known and high >= known):
        below = f", below {known}" if known else ""
        outside = next(_outside(parts, known or LARGEST))
        raise InputError(f"{where} has {outside}: number the classes from 0{below}")


def _outside(parts: Sequence[NDArray[np.int64]], most: int) -> Iterator[str]:
    for labels, part in zip(parts, PARTS, strict=True):
        for row in np.flatnonzero((labels < 0) | (labels >= most)):
            yield f"label {labels[row]} in {part} record {row}"


def _few(values: Sequence[object]) -> str:
    shown = [repr(value) for value in values]
    return ", ".join(shown) if len(shown) <= 4 else ", ".join([*shown[:3], "...", shown[-1]])
