"""Images that Hugging Face ``datasets`` reads: a folder of parquet or image files, or a set on its hub."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.optional import optional
from fedsz_privacy.data.images import channels_first
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.targets import settle

UNREADABLE = (ConnectionError, KeyError, OSError, ValueError)
"""What ``datasets`` and Pillow make of a set, or of a picture, that is not there or is damaged."""


def load_hub(name: str, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the ``train`` and ``test`` splits of a folder or of a set on the hub.

    Raises
    ------
    InputError
        If the ``data`` extra is not installed, there is no such set, it has no image and label column, its images are
        of several shapes, or its labels do not fit the task.
    """
    datasets = optional("datasets", "data")
    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(name)
        parts = [_choose(loaded[part], most, seed) for part, most in (("train", train), ("test", test))]
        pictures, labels, classes = zip(*map(_decode, parts), strict=True)
    except UNREADABLE as error:
        raise InputError(
            f"cannot load data set {name!r} ({one_line(error)}): check its name and its train and test splits"
        ) from error
    _require_one_shape([picture for part in pictures for picture in part], name)
    targets, settled = settle(task or "classification", labels, f"data set {name!r}", max(classes))
    images = [channels_first(np.stack(part)) for part in pictures]
    return DataSplit(*(Records((each,), target, settled) for each, target in zip(images, targets, strict=True)))


def _choose(rows: Any, most: int | None, seed: int) -> Any:
    """Return rows of one split, in an order so random that any prefix holds every class."""
    return rows.shuffle(seed=seed).select(range(len(rows))[:most])


def _decode(rows: Any) -> tuple[list[NDArray[np.float32]], NDArray[np.int64], int]:
    """Return the pixels of each image from 0 to 1, the labels, and the number of classes."""
    from datasets import ClassLabel, Image

    image, label = _column(rows, Image), _column(rows, ClassLabel)
    pixels = [np.asarray(picture, np.float32) / np.float32(255) for picture in rows[image]]
    return pixels, np.array(rows[label], np.int64), rows.features[label].num_classes


def _require_one_shape(pictures: list[NDArray[np.float32]], name: str) -> None:
    shapes = sorted({picture.shape for picture in pictures})
    if len(shapes) > 1:
        raise InputError(f"data set {name!r} has images of shapes {shapes[0]} and {shapes[-1]}: make them alike")


def _column(rows: Any, kind: type) -> str:
    for key, feature in rows.features.items():
        if isinstance(feature, kind):
            return str(key)
    raise ValueError(f"no column of type {kind.__name__}")
