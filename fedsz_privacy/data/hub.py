"""Images that Hugging Face ``datasets`` reads: parquet files, or a set on its hub."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from glob import escape
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.optional import optional
from fedsz_privacy.data.image_sets import Labelled, load_labelled
from fedsz_privacy.data.pictures import Source
from fedsz_privacy.data.records import PARTS, DataSplit

UNREADABLE = (AttributeError, ConnectionError, LookupError, OSError, TypeError, ValueError)
"""What ``datasets`` makes of a set that is not there or is damaged, beside errors of its own."""

LABEL = "label"
"""Column of labels where none is a ``ClassLabel``."""

FILES = "imagefolder"
"""The one builder of ``datasets`` whose rows name files: those that it found or fetched itself."""


def load_hub(name: str, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the ``train`` and ``test`` splits of a set on the hub.

    Raises
    ------
    InputError
        If the ``data`` extra is not installed, there is no such set, it has no image and label column, its rows name
        images instead of holding them, or pictures and labels are not what `load_labelled` asks for.
    """
    return _load(lambda datasets: datasets.load_dataset(name), (train, test), seed, task, f"data set {name!r}")


def load_parquet(
    files: Mapping[str, Sequence[str]], train: int | None, test: int | None, seed: int, task: str, where: str
) -> DataSplit:
    """Return the pictures of parquet files, those of ``train`` and those of ``test``.

    Raises
    ------
    InputError
        As `load_hub` does.
    """
    paths = {part: [escape(file) for file in held] for part, held in files.items()}

    def ask(datasets: Any) -> Mapping[str, Any]:
        """Read each part by itself: of several, one would be read by the names of classes of the other."""
        return {part: datasets.load_dataset("parquet", data_files={part: held})[part] for part, held in paths.items()}

    return _load(ask, (train, test), seed, task, where)


def _load(
    ask: Callable[[Any], Mapping[str, Any]], most: tuple[int | None, int | None], seed: int, task: str, where: str
) -> DataSplit:
    datasets = optional("datasets", "data")
    datasets.disable_progress_bars()
    try:
        loaded = ask(datasets)
        parts = [_labelled(loaded[part], f"{part} part of {where}") for part in PARTS]
        names, others = (_names(loaded[part]) for part in PARTS)
    except InputError:
        raise
    except (*UNREADABLE, datasets.exceptions.DatasetsError) as error:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise InputError(
            f"cannot load {where} ({one_line(cause)}): check its name and its train and test splits"
        ) from error
    if names != others:
        raise InputError(f"{where} names its classes {names} to train on and {others} to test on: make them alike")
    return load_labelled(parts, names, most, seed, task, where)


def _labelled(rows: Any, where: str) -> Labelled:
    datasets = optional("datasets", "data")
    image, label = _image_column(rows.features), _label_column(rows.features)
    images = rows.select_columns([image]).cast_column(image, datasets.Image(decode=False))
    files = rows.info.builder_name == FILES
    sources = [
        Source(f"row {row} of the {where}", partial(_open, images, row, image, files, where))
        for row in range(len(rows))
    ]
    return Labelled(sources, _labels(list(rows[label]), where))


def _open(images: Any, row: int, column: str, files: bool, where: str) -> BinaryIO:
    """Open the picture of a row, never a file or an address that the row only names."""
    held = images[row][column] or {"bytes": None, "path": None}
    if held["bytes"] is not None:
        return BytesIO(held["bytes"])
    if files:
        return Path(held["path"]).open("rb")
    named = f"names {held['path']!r} in place of an image" if held["path"] else "has no image"
    raise InputError(f"row {row} of the {where} {named}: save the images themselves in the table")


def _labels(values: list[Any], where: str) -> NDArray[Any]:
    if None in values:
        raise InputError(f"row {values.index(None)} of the {where} has no label: leave out what has none")
    labels = np.array(values)
    if labels.ndim != 1:
        raise InputError(f"the {where} has several labels a row: give one")
    return labels


def _names(rows: Any) -> Sequence[str]:
    """Return what classes are called, if labels are their numbers."""
    feature = rows.features[_label_column(rows.features)]
    return list(feature.names) if isinstance(feature, optional("datasets", "data").ClassLabel) else []


def _image_column(features: Mapping[str, Any]) -> str:
    datasets = optional("datasets", "data")
    embedded = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
    return _column(features, lambda _, kind: isinstance(kind, datasets.Image) or kind == embedded, "Image")


def _label_column(features: Mapping[str, Any]) -> str:
    datasets = optional("datasets", "data")
    if any(isinstance(kind, datasets.ClassLabel) for kind in features.values()):
        return _column(features, lambda _, kind: isinstance(kind, datasets.ClassLabel), "ClassLabel")
    return _column(features, lambda name, _: name == LABEL, "ClassLabel")


def _column(features: Mapping[str, Any], fits: Callable[[str, Any], bool], kind: str) -> str:
    for name, feature in features.items():
        if fits(name, feature):
            return name
    raise ValueError(f"no column of type {kind} among {', '.join(features)}")
