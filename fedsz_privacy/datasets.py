"""Labelled images: scikit-learn's digits from the package, any other set through Hugging Face ``datasets``."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from fedsz_privacy.errors import InputError

DIGITS = "digits"
TEST_SHARE = 0.2
HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")


@dataclass(frozen=True)
class Dataset:
    """Labelled images.

    Parameters
    ----------
    images : Tensor
        float32 of shape (records, channels, height, width), from 0 to 1.
    labels : Tensor
        int64 of shape (records,), from 0 to ``classes`` - 1.
    classes : int
        Number of classes.
    """

    images: Tensor
    labels: Tensor
    classes: int

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def resized(self, side: int) -> "Dataset":
        """Return the images scaled to side x side, bilinearly."""
        images = interpolate(self.images, size=(side, side), mode="bilinear", antialias=True)
        return Dataset(images, self.labels, self.classes)

    def part(self, start: int, stop: int | None) -> "Dataset":
        """Return the records from ``start`` up to ``stop``, or to the end."""
        return Dataset(self.images[start:stop], self.labels[start:stop], self.classes)


@dataclass(frozen=True)
class DataSplit:
    """Training and test records, each in random order."""

    train: Dataset
    test: Dataset


def load_data(name: str, train: int | None = None, test: int | None = None) -> DataSplit:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        ``"digits"`` (1,797 grey 8x8 images inside scikit-learn, split 80/20 at random), a folder with parquet or
        image files, or the name of a set on the Hugging Face hub, ``owner/name``; the last two need ``train`` and
        ``test`` splits with an image and a label column, and the ``data`` extra.
    train, test : int, optional
        Most records to load of each split; all by default.

    Raises
    ------
    InputError
        If there is no such set, or the extra is missing.
    """
    if name == DIGITS:
        digits = _digits()
        return DataSplit(digits.train.part(0, train), digits.test.part(0, test))
    if not Path(name).is_dir() and not HUB_NAME.fullmatch(name):
        raise InputError(f"unknown data set {name!r}: write {DIGITS}, the path of a folder, or owner/name on the hub")
    return _hugging_face(name, train, test)


def _digits() -> DataSplit:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    images = torch.from_numpy(bunch.images[order] / bunch.images.max()).float().unsqueeze(1)
    everything = Dataset(images, torch.from_numpy(bunch.target[order]).long(), classes=10)
    held_out = round(TEST_SHARE * len(everything))
    return DataSplit(everything.part(held_out, len(everything)), everything.part(0, held_out))


def _hugging_face(name: str, train: int | None, test: int | None) -> DataSplit:
    try:
        import datasets
    except ImportError:
        raise InputError(f"data set {name!r} needs an extra: pip install 'fedsz-privacy[data]'") from None
    datasets.disable_progress_bars()
    try:
        loaded = datasets.load_dataset(name)
        return DataSplit(_from_rows(loaded["train"], train), _from_rows(loaded["test"], test))
    except (ConnectionError, FileNotFoundError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(
            f"cannot load data set {name!r} ({reason}): check its name and its train and test splits"
        ) from error


def _from_rows(rows: Any, most: int | None) -> Dataset:
    """Decode rows of one split, in an order so random that any prefix holds every class."""
    from datasets import ClassLabel, Image

    image = next(key for key, feature in rows.features.items() if isinstance(feature, Image))
    label = next(key for key, feature in rows.features.items() if isinstance(feature, ClassLabel))
    rows = rows.shuffle(seed=0).select(range(len(rows))[:most])
    pixels = np.stack([np.asarray(picture, np.float32) / 255 for picture in rows[image]])
    images = torch.from_numpy(pixels).reshape(*pixels.shape[:3], -1).permute(0, 3, 1, 2)
    # Of one channel, images count as contiguous either way; a copy has the strides that vmapped layers ask for.
    images = images.clone(memory_format=torch.contiguous_format)
    return Dataset(images, torch.tensor(rows[label]), rows.features[label].num_classes)
