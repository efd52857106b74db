"""Labelled pictures that are not read yet, and the records that they become."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.classes import number_classes
from fedsz_privacy.data.images import channels_first, require_range
from fedsz_privacy.data.pictures import Source, read_pictures
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.targets import settle

MOST_NUMBERS = 10**9
"""Most numbers that pictures of a set may come to, 4 GB of them: a small file can hold a large picture."""


@dataclass(frozen=True)
class Labelled:
    """One part of a set: where each picture is, and its label, array (pictures,)."""

    sources: Sequence[Source]
    labels: NDArray[Any]


def load_labelled(
    parts: Sequence[Labelled],
    names: Sequence[str],
    most: Sequence[int | None],
    seed: int,
    task: str,
    where: str,
) -> DataSplit:
    """Return labelled pictures as records in random order.

    Parameters
    ----------
    parts : sequence of Labelled
        The training and the test part.
    names : sequence of str
        What classes are called, in order, if labels are numbers of these.
    most : sequence of int, optional
        Most records to read of each part.
    seed : int
        Seed of the order, which is so random that any prefix holds every class.
    task : str
        Task that is asked for, "classification" by default.
    where : str
        What the set is called in messages.

    Raises
    ------
    InputError
        If a part is empty, labels are no classes, or the pictures cannot be read.
    """
    for part, each in zip(("training", "test"), parts, strict=True):
        if not len(each.labels):
            raise InputError(f"{where} has no {part} pictures: give some")
    numbered, notices = number_classes([part.labels for part in parts], where, names)
    targets, settled = settle(task or "classification", numbered, where, len(names))
    orders = [
        np.random.default_rng(seed).permutation(len(part.labels))[:count]
        for part, count in zip(parts, most, strict=True)
    ]
    chosen = [[part.sources[row] for row in order] for part, order in zip(parts, orders, strict=True)]
    pixels, told = read_pictures(chosen, where, MOST_NUMBERS)
    require_range(pixels[0], where)
    records = [
        Records((channels_first(each),), target[torch.from_numpy(order)], settled)
        for each, target, order in zip(pixels, targets, orders, strict=True)
    ]
    return DataSplit(*records, notices=(*notices, *told))
