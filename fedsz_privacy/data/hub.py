"""Images that Hugging Face ``datasets`` reads: a folder of parquet or image files, or a set on its hub."""

from typing import Any

import numpy as np
import torch

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.data.images import channels_first
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import classification


def load_hub(name: str, train: int | None, test: int | None, seed: int) -> DataSplit:
    """Return the ``train`` and ``test`` splits of a folder or of a set on the hub.

    Raises
    ------
    InputError
        If the ``data`` extra is not installed, there is no such set, or it has no image and label column.
    """
    try:
        import datasets
    except ImportError:
        raise InputError(f"data set {name!r} needs an extra: pip install 'fedsz-privacy[data]'") from None
    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(name)
        return DataSplit(_from_rows(loaded["train"], train, seed), _from_rows(loaded["test"], test, seed))
    except (ConnectionError, FileNotFoundError, KeyError, ValueError) as error:
        raise InputError(
            f"cannot load data set {name!r} ({one_line(error)}): check its name and its train and test splits"
        ) from error


def _from_rows(rows: Any, most: int | None, seed: int) -> Records:
    """Decode rows of one split, in an order so random that any prefix holds every class."""
    from datasets import ClassLabel, Image

    image, label = _column(rows, Image), _column(rows, ClassLabel)
    rows = rows.shuffle(seed=seed).select(range(len(rows))[:most])
    pixels = np.stack([np.asarray(picture, np.float32) / 255 for picture in rows[image]])
    task = classification(rows.features[label].num_classes)
    return Records((channels_first(pixels),), torch.tensor(rows[label]), task)


def _column(rows: Any, kind: type) -> str:
    for key, feature in rows.features.items():
        if isinstance(feature, kind):
            return str(key)
    raise ValueError(f"no column of type {kind.__name__}")
