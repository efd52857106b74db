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
from fedsz_privacy.data.pictures import DecodedPicture, Source, read_picture
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


def read_pictures(
    parts: Sequence[Sequence[Source]], where: str, most: int
) -> tuple[list[NDArray[np.float32]], tuple[str, ...]]:
    """Return the pictures of each part, all of one size, and what a reader should know of them.

    Grey pictures become coloured ones if any picture of any part is.

    Parameters
    ----------
    parts : sequence of sequence of Source
        The pictures of the training and of the test records.
    where : str
        What they belong to, for messages.
    most : int
        Most numbers that all of them may come to.

    Returns
    -------
    list of float32 array, (pictures, height, width) or (pictures, height, width, 3)
    tuple of str

    Raises
    ------
    InputError
        If one of them cannot be read, they are of several sizes, or they come to too many numbers.
    """
    sources = [source for part in parts for source in part]
    pictures: list[DecodedPicture] = []
    for source in sources:
        picture = read_picture(source)
        _require_alike(pictures[0] if pictures else picture, picture, sources[0], source)
        if not pictures and (numbers := len(sources) * picture.pixels.size) > most:
            raise InputError(f"{where} comes to {numbers} numbers: keep to {most}, by fewer or smaller pictures")
        pictures.append(picture)
    coloured = {picture.pixels.ndim for picture in pictures}
    if coloured == {2, 3}:
        pictures = [DecodedPicture(_in_colour(each.pixels), each.notices) for each in pictures]
    told = {notice for picture in pictures for notice in picture.notices}
    told |= {"grey pictures among coloured ones become coloured"} if len(coloured) > 1 else set()
    arrays, start = [], 0
    for part in parts:
        arrays.append(np.stack([picture.pixels for picture in pictures[start : start + len(part)]]))
        start += len(part)
    return arrays, tuple(f"{where}: {notice}" for notice in sorted(told))


def _require_alike(first: DecodedPicture, other: DecodedPicture, first_source: Source, source: Source) -> None:
    sizes = [f"{width}x{height}" for height, width in (first.pixels.shape[:2], other.pixels.shape[:2])]
    if sizes[0] != sizes[1]:
        raise InputError(
            f"{first_source.where} has {sizes[0]} pixels and {source.where} {sizes[1]}: scale all to one size"
        )


def _in_colour(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)
