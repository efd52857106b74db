"""Data sets by name: those inside packages, files, folders, the hub, or a function of a user's own."""

import inspect
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import is_folder
from fedsz_privacy.core.imports import import_callable, require_type
from fedsz_privacy.data.arrays import load_arrays
from fedsz_privacy.data.checking import require_sound
from fedsz_privacy.data.classes import require_several
from fedsz_privacy.data.embedded import EMBEDDED, load_embedded
from fedsz_privacy.data.folders import load_folder
from fedsz_privacy.data.hub import load_hub
from fedsz_privacy.data.images import packed
from fedsz_privacy.data.names import HUB_NAME, TABLES, require_data, require_target
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tables import load_table
from fedsz_privacy.data.targets import settle
from fedsz_privacy.data.tasks import binary, classification
from fedsz_privacy.data.text import load_lines
from fedsz_privacy.training.isolation import isolated

FILES = MappingProxyType({".npz": load_arrays, ".txt": load_lines})
"""What reads a file without columns, by how its name ends."""


def load_data(
    name: str,
    train: int | None = None,
    test: int | None = None,
    seed: int = 0,
    target: str = "",
    task: str = "",
) -> DataSplit:
    """Load a data set by name.

    Parameters
    ----------
    name : str
        One of

        - ``"digits"``: 1,797 grey 8x8 images inside scikit-learn; ``"breast-cancer"``, ``"diabetes"``, ``"wine"``: its
          tables, of two classes, regression and three classes, standardised;
        - an ``.npz`` file with the arrays ``x_train``, ``y_train``, ``x_test``, ``y_test``. Inputs are images of shape
          (records, height, width) or (records, height, width, channels), bool, uint8, which is divided by 255, or
          float, which is kept; float rows of shape (records, columns), which are kept; or integer tokens of shape
          (records, length). Of images, 1 or 3 channels may also be the second axis. Targets are labels of shape
          (records,), integers or strings, floats, or the next tokens, -100 where there is none. Its records are put in
          random order;
        - a ``.csv`` or ``.parquet`` table, with the column to foretell as ``target``: see `load_table`;
        - a ``.txt`` file, a record on each line, its characters the tokens: see `load_lines`;
        - a folder with ``train/CLASS/1.png`` and ``test/CLASS/1.png``, or with parquet files, or ``owner/name`` on the
          Hugging Face hub, with ``train`` and ``test`` splits that have an image and a label column: see
          `read_picture` and `number_classes`;
        - ``module:function``, the import path of a function without arguments that returns a `DataSplit`.

        Tables, folders and the hub need the ``data`` extra. What has no test part is split 80/20 at random.
    train, test : int, optional
        Most records to load of each split; all by default.
    seed : int
        Seed of the split and of the order of records.
    target : str
        Column of a table that a model is to foretell.
    task : str
        ``classification``, ``binary``, ``regression``, ``next-token``, or ``module:TASK`` for one of the user's own.
        By default what the data says: text is continued token by token, float targets are foretold by regression, two
        classes of a table told apart by one logit, and other classes by one logit each.

    Raises
    ------
    InputError
        If there is no such set, it is not as described, it does not fit the task, or the extra is missing. An error
        inside a user's function keeps its traceback.

    Notes
    -----
    An ``.npz`` file is read without pickle. Before memory is taken, each array's shape is checked against its place in
    the file, and what all of them decode to against `fedsz_privacy.data.archives.MOST_EXPANSION` times the file's size.
    """
    return require_sound(_read(name, train, test, seed, target, task), name)


def _read(name: str, train: int | None, test: int | None, seed: int, target: str, task: str) -> DataSplit:
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix in TABLES:
        return load_table(path, train, test, seed, target, task)
    require_target(name, target)
    require_data(name)
    if name in EMBEDDED:
        return _first(load_embedded(name, seed, task), train, test)
    if suffix in FILES:
        return FILES[suffix](path, train, test, seed, task)
    if is_folder(path):
        return load_folder(path, train, test, seed, task)
    if HUB_NAME.fullmatch(name):
        return load_hub(name, train, test, seed, task)
    return _imported(name, train, test, seed, task)


def _first(split: DataSplit, train: int | None, test: int | None) -> DataSplit:
    return DataSplit(split.train.part(0, train), split.test.part(0, test))


def _imported(path: str, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    function = import_callable(path)
    try:
        inspect.signature(function).bind()
    except TypeError as error:
        raise InputError(f"{path} cannot be called without arguments ({error}): give each a default") from None
    with isolated(seed):
        made = require_sound(require_type(DataSplit, function(), path), path)
    split = _for_task(made, path, task) if task else made
    if (task_of := split.train.task) in (binary(), classification(task_of.outputs)):
        require_several(split.train.targets.numpy(), f"data set {path!r}", range(max(2, task_of.outputs)))
    cut = _first(split, train, test)
    # The function may keep what it returned.
    owned = (
        replace(part, inputs=tuple(map(packed, part.inputs)), targets=part.targets.clone())
        for part in (cut.train, cut.test)
    )
    return DataSplit(*owned, notices=made.notices)


def _for_task(split: DataSplit, where: str, task: str) -> DataSplit:
    """Return the same records for another task."""
    parts = (split.train, split.test)
    targets, settled = settle(task, [part.targets.numpy() for part in parts], where, split.train.task.outputs)
    changed = (Records(part.inputs, each, settled) for part, each in zip(parts, targets, strict=True))
    return require_sound(DataSplit(*changed), where)
