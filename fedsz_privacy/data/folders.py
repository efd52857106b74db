"""Folders of pictures, a folder for each class, and of parquet files."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.data.hub import load_parquet
from fedsz_privacy.data.image_sets import Labelled, load_labelled
from fedsz_privacy.data.pictures import Source
from fedsz_privacy.data.records import PARTS, DataSplit

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""How files of pictures end; all others are left out, and said to be."""

PART_OF = re.compile(r"(?<![a-z])(train|test)(?:ing)?(?![a-z])")
"""Which part a parquet file is of, by its path in the folder, such as data/train-00000-of-00002.parquet."""

LAYOUT = "give train/CLASS/*.png and test/CLASS/*.png, or train.parquet and test.parquet"


def load_folder(root: Path, train: int | None, test: int | None, seed: int, task: str) -> DataSplit:
    """Return the pictures of a folder with ``train/CLASS/*.png`` and ``test/CLASS/*.png``, or of its parquet files.

    Raises
    ------
    InputError
        If the folder is laid out otherwise, cannot be read, or leads out of itself by a link, or if its pictures cannot
        be read.
    """
    try:
        if files := sorted(_inside(root, root.rglob("*.parquet"))):
            return load_parquet(_parts_of(files, root), train, test, seed, task, f"data set {str(root)!r}")
        files = sorted((file for part in PARTS for file in _files(root, root / part)), key=str)
    except (OSError, RuntimeError) as error:  # a loop of links is either, by the version of Python
        raise InputError(f"data set {str(root)!r} cannot be read ({one_line(error)}): mend what is there") from error
    return _load_pictures(root, files, (train, test), seed, task)


def _parts_of(files: Sequence[Path], root: Path) -> dict[str, list[str]]:
    """Return the parquet files of each part; those of no part are of another one, such as validation."""
    named = [(PART_OF.findall(file.relative_to(root).as_posix().lower())[-1:], str(file)) for file in files]
    parts = {part: [file for of, file in named if of == [part]] for part in PARTS}
    if not all(parts.values()):
        raise InputError(f"data set {str(root)!r} has no parquet files for both train and test: {LAYOUT}")
    return parts


def _files(root: Path, part: Path) -> Iterator[Path]:
    """Yield the files of one part, each straight inside the folder of its class."""
    if not any(found.is_dir() for found in _inside(root, iter([part]))):
        raise InputError(f"data set {str(root)!r} has no folder {part.name!r}: {LAYOUT}")
    for folder in _inside(root, part.iterdir()):
        if folder.is_file():
            raise InputError(f"{folder} lies in no folder of a class: {LAYOUT}")
        for file in _inside(root, folder.iterdir()):
            if not file.is_file():
                raise InputError(f"{file} is no file in the folder of a class: {LAYOUT}")
            yield file


def _inside(root: Path, paths: Iterator[Path]) -> Iterator[Path]:
    """Yield paths that are not hidden; refuse those that a link leads out of the folder."""
    whole = root.resolve()
    for path in paths:
        if not (to := path.resolve()).is_relative_to(whole):
            raise InputError(f"{path} is a link out of the folder, to {to}: copy the folder by cp -rL")
        if not any(name.startswith(".") for name in path.relative_to(root).parts):
            yield path


def _load_pictures(
    root: Path, files: Sequence[Path], most: tuple[int | None, int | None], seed: int, task: str
) -> DataSplit:
    pictures = [file for file in files if file.suffix.lower() in SUFFIXES]
    names = sorted({file.parent.name for file in pictures})
    number_of = {name: number for number, name in enumerate(names)}
    parts = []
    for part in PARTS:
        held = [file for file in pictures if file.parent.parent == root / part]
        labels = np.array([number_of[file.parent.name] for file in held], np.int64)
        parts.append(Labelled([Source(str(file), partial(_open, file)) for file in held], labels))
    split = load_labelled(parts, names, most, seed, task, f"data set {str(root)!r}")
    return split.with_notices(*_left_out([file for file in files if file not in set(pictures)]))


def _open(file: Path) -> BinaryIO:
    return file.open("rb")


def _left_out(files: Sequence[Path]) -> Iterator[str]:
    if files:
        others = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield f"{files[0]}{others}: left out, for the name ends like no picture's that is read"
