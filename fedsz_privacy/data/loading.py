"""Data sets by name: those inside packages, files, folders, the hub, or a function of a user's own."""

import inspect
import re
from dataclasses import replace
from pathlib import Path

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.data.archives import load_arrays
from fedsz_privacy.data.checking import require_sound
from fedsz_privacy.data.embedded import DIGITS, load_digits
from fedsz_privacy.data.hub import load_hub
from fedsz_privacy.data.images import packed
from fedsz_privacy.data.records import DataSplit

HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")


def load_data(name: str, train: int | None = None, test: int | None = None, seed: int = 0) -> DataSplit:
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
    seed : int
        Seed of the split and of the order of records.

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
        return _first(load_digits(seed), train, test)
    if name.endswith(".npz"):
        return load_arrays(Path(name), train, test, seed)
    if Path(name).is_dir() or HUB_NAME.fullmatch(name):
        return load_hub(name, train, test, seed)
    if ":" in name:
        return _imported(name, train, test)
    raise InputError(
        f"unknown data set {name!r}: write {DIGITS}, the path of a folder or an .npz file, owner/name on the hub, "
        "or module:function"
    )


def _first(split: DataSplit, train: int | None, test: int | None) -> DataSplit:
    return DataSplit(split.train.part(0, train), split.test.part(0, test))


def _imported(path: str, train: int | None, test: int | None) -> DataSplit:
    function = import_callable(path)
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise InputError(f"{path} cannot be called without arguments ({error}): give each a default") from None
    made = require_sound(require_type(DataSplit, function(), path), path)
    split = _first(made, train, test)
    return DataSplit(*(replace(part, inputs=tuple(map(packed, part.inputs))) for part in (split.train, split.test)))
