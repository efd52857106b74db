"""Labelled images: scikit-learn's digits, an .npz file, Hugging Face ``datasets``, or a function of a user's own."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.data.arrays import read_arrays

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

    def select(self, held: NDArray[np.bool_]) -> "Dataset":
        """Return the records that a bool array of shape (records,) marks."""
        return Dataset(self.images[held], self.labels[held], self.classes)


def join(parts: Sequence[Dataset]) -> Dataset:
    """Return the records of data sets of the same shape and classes, one after another."""
    images, labels = ([getattr(part, name) for part in parts] for name in ("images", "labels"))
    return Dataset(torch.cat(images), torch.cat(labels), parts[0].classes)


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
        One of

        - ``"digits"``: 1,797 grey 8x8 images inside scikit-learn, split 80/20 at random;
        - an ``.npz`` file with the arrays ``x_train``, ``y_train``, ``x_test``, ``y_test``: images of shape (records,
          height, width) or (records, height, width, channels), uint8, which is divided by 255, or float, which is kept;
          integer labels of shape (records,) from 0. Its records are put in random order;
        - a folder with parquet or image files, or ``owner/name`` on the Hugging Face hub, with ``train`` and ``test``
          splits that have an image and a label column; they need the ``data`` extra;
        - ``module:function``, the import path of a function without arguments that returns a `DataSplit`.
    train, test : int, optional
        Most records to load of each split; all by default.

    Raises
    ------
    InputError
        If there is no such set, it is not as described, or the extra is missing. An error inside a user's function
        keeps its traceback.

    Notes
    -----
    An ``.npz`` file is read without pickle. Before memory is taken, each array's shape is checked against its place in
    the file, and what all of them decode to against `MOST_EXPANSION` times the file's size.
    """
    if name == DIGITS:
        return _first(_digits(), train, test)
    if name.endswith(".npz"):
        return _archive(Path(name), train, test)
    if Path(name).is_dir() or HUB_NAME.fullmatch(name):
        return _hugging_face(name, train, test)
    if ":" in name:
        return _imported(name, train, test)
    raise InputError(
        f"unknown data set {name!r}: write {DIGITS}, the path of a folder or an .npz file, owner/name on the hub, "
        "or module:function"
    )


def _first(split: DataSplit, train: int | None, test: int | None) -> DataSplit:
    return DataSplit(split.train.part(0, train), split.test.part(0, test))


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

    image, label = _column(rows, Image), _column(rows, ClassLabel)
    rows = rows.shuffle(seed=0).select(range(len(rows))[:most])
    pixels = np.stack([np.asarray(picture, np.float32) / 255 for picture in rows[image]])
    return Dataset(_channels_first(pixels), torch.tensor(rows[label]), rows.features[label].num_classes)


def _column(rows: Any, kind: type) -> str:
    for key, feature in rows.features.items():
        if isinstance(feature, kind):
            return str(key)
    raise ValueError(f"no column of type {kind.__name__}")


def _channels_first(pixels: NDArray[Any]) -> Tensor:
    """Return images of shape (records, height, width), or with channels behind, as a `Dataset` holds them."""
    return _packed(torch.from_numpy(pixels).reshape(*pixels.shape[:3], -1).permute(0, 3, 1, 2))


def _packed(images: Tensor) -> Tensor:
    # Of one channel, images count as contiguous either way; a copy has the strides that vmapped layers ask for.
    return images.clone(memory_format=torch.contiguous_format)


def _imported(path: str, train: int | None, test: int | None) -> DataSplit:
    function = import_callable(path)
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise InputError(f"{path} cannot be called without arguments ({error}): give each a default") from None
    made = _sound(require_type(DataSplit, function(), path), path)
    split = _first(made, train, test)
    return DataSplit(*(replace(part, images=_packed(part.images)) for part in (split.train, split.test)))


def _sound(split: DataSplit, name: str) -> DataSplit:
    """Return a split from outside, known to be one that a model can train on."""
    for part in (split.train, split.test):
        _require_sound(part, f"data set {name!r}")
    if (split.train.shape, split.train.classes) != (split.test.shape, split.test.classes):
        raise InputError(
            f"data set {name!r} has training images of {split.train.shape} in {split.train.classes} classes, but test "
            f"images of {split.test.shape} in {split.test.classes}: make them alike"
        )
    return split


def _require_sound(data: Dataset, where: str) -> None:
    images, labels = data.images, data.labels
    if (images.dtype, labels.dtype, images.ndim, labels.ndim) != (torch.float32, torch.int64, 4, 1):
        raise InputError(
            f"{where} has images {images.dtype} {tuple(images.shape)} and labels {labels.dtype} {tuple(labels.shape)}: "
            "make them torch.float32 (records, channels, height, width) and torch.int64 (records,)"
        )
    if len(images) != len(labels) or 0 in images.shape:
        raise InputError(f"{where} has {len(images)} images and {len(labels)} labels: give as many of both, and some")
    if not images.isfinite().all():
        raise InputError(f"{where} has images that are not finite: replace those values")
    low, high = labels.min().item(), labels.max().item()
    if not 0 <= low <= high < data.classes:
        raise InputError(f"{where} has labels from {low} to {high}: number its {data.classes} classes from 0")


def _archive(path: Path, train: int | None, test: int | None) -> DataSplit:
    arrays = read_arrays(path)
    labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
    low, high = int(labels.min()), int(labels.max())
    if not 0 <= low <= high < len(labels):
        raise InputError(f"{path} has labels from {low} to {high} on {len(labels)} images: number the classes from 0")
    split = DataSplit(
        _shuffled(arrays["x_train"], arrays["y_train"], high + 1, train),
        _shuffled(arrays["x_test"], arrays["y_test"], high + 1, test),
    )
    return _sound(split, str(path))


def _shuffled(images: NDArray[Any], labels: NDArray[Any], classes: int, most: int | None) -> Dataset:
    """Return records in an order so random that any prefix holds every class."""
    chosen = np.random.default_rng(0).permutation(len(labels))[:most]
    with np.errstate(over="ignore"):
        pixels = images[chosen].astype(np.float32)
    if images.dtype == np.uint8:
        pixels /= 255
    return Dataset(_channels_first(pixels), torch.from_numpy(labels[chosen].astype(np.int64)), classes)
