"""Labelled images in an .npz file, read without pickle, every length checked before memory is taken."""

import zlib
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
import torch
from numpy.lib import format as npy
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.data.checking import require_sound
from fedsz_privacy.data.images import channels_first, scaled
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import classification

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""Images and labels in an .npz file, under the names of Keras' mnist.npz."""

MOST_EXPANSION = 100
"""Most bytes that an .npz file may decode to, in multiples of its own size."""

NUMPY_WRITES = (ZIP_STORED, ZIP_DEFLATED)

HEADER_READERS = MappingProxyType({(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0})

DAMAGED = (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error)
"""What zipfile and NumPy make of a file that is no .npz file."""

Header: TypeAlias = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and dtype of an array in a file."""


def read_arrays(path: Path) -> Mapping[str, NDArray[Any]]:
    """Return the `ARRAYS` of an .npz file, none of them before all are checked.

    Raises
    ------
    InputError
        If the file cannot be read, lacks an array, or holds others than described, Python objects among them.
    """
    if not path.is_file():
        raise InputError(f"no file at {path}: give an .npz file with {', '.join(ARRAYS)}")
    try:
        with ZipFile(path) as archive:
            if missing := [name for name in ARRAYS if f"{name}.npy" not in archive.namelist()]:
                raise InputError(f"{path} has no {', '.join(missing)}: save all of {', '.join(ARRAYS)}")
            _require_small([archive.getinfo(f"{name}.npy") for name in ARRAYS], path)
            headers = {name: _read_header(archive, name, path) for name in ARRAYS}
            for part in ("train", "test"):
                _require_images(headers, f"x_{part}", f"y_{part}", path)
            return {name: _read_array(archive, name) for name in ARRAYS}
    except InputError:
        raise
    except DAMAGED as error:
        raise InputError(f"{path} is no .npz file that can be read ({one_line(error)}): save it again") from error


def _require_small(entries: Sequence[ZipInfo], path: Path) -> None:
    decoded, size = sum(entry.file_size for entry in entries), path.stat().st_size
    if decoded > MOST_EXPANSION * size or any(entry.compress_type not in NUMPY_WRITES for entry in entries):
        raise InputError(f"{path} of {size} bytes would decode to {decoded}: save it uncompressed, by numpy.savez")


def _read_header(archive: ZipFile, name: str, path: Path) -> Header:
    with archive.open(f"{name}.npy") as file:
        version = npy.read_magic(file)
        if version not in HEADER_READERS:
            raise InputError(f"{name} of {path} has a header of version {version}: save an array of numbers")
        shape, _, dtype = HEADER_READERS[version](file)
        expected = file.tell() + prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise InputError(f"{name} of {path} holds Python objects, which only pickle can read: save an array of numbers")
    held = archive.getinfo(f"{name}.npy").file_size
    if min(shape, default=0) < 0 or expected != held:
        raise InputError(f"{name} of {path} has {held} bytes where {dtype} {shape} takes {expected}: save it again")
    return shape, dtype


def _require_images(headers: Mapping[str, Header], x: str, y: str, path: Path) -> None:
    (x_shape, x_dtype), (y_shape, y_dtype) = headers[x], headers[y]
    if len(x_shape) not in {3, 4} or 0 in x_shape or not (x_dtype == np.uint8 or x_dtype.kind == "f"):
        raise InputError(
            f"{x} of {path} is {x_dtype} {x_shape}: save uint8 or float images, (records, height, width) or "
            "(records, height, width, channels)"
        )
    if len(y_shape) != 1 or y_dtype.kind not in "iu":
        raise InputError(f"{y} of {path} is {y_dtype} {y_shape}: save integer labels, (records,)")
    if x_shape[0] != y_shape[0]:
        raise InputError(f"{path} has {x_shape[0]} images in {x} and {y_shape[0]} labels in {y}: save as many of both")


def _read_array(archive: ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
        return array


def load_arrays(path: Path, train: int | None, test: int | None, seed: int) -> DataSplit:
    """Return the records of an .npz file in random order.

    Raises
    ------
    InputError
        If the file is not as `read_arrays` wants it, or its labels do not number classes from 0.
    """
    arrays = read_arrays(path)
    labels = np.concatenate([arrays["y_train"], arrays["y_test"]])
    low, high = int(labels.min()), int(labels.max())
    if not 0 <= low <= high < len(labels):
        raise InputError(f"{path} has labels from {low} to {high} on {len(labels)} images: number the classes from 0")
    split = DataSplit(
        _shuffled(arrays["x_train"], arrays["y_train"], high + 1, train, seed),
        _shuffled(arrays["x_test"], arrays["y_test"], high + 1, test, seed),
    )
    return require_sound(split, str(path))


def _shuffled(images: NDArray[Any], labels: NDArray[Any], classes: int, most: int | None, seed: int) -> Records:
    """Return records in an order so random that any prefix holds every class."""
    chosen = np.random.default_rng(seed).permutation(len(labels))[:most]
    targets = torch.from_numpy(labels[chosen].astype(np.int64))
    return Records((channels_first(scaled(images[chosen])),), targets, classification(classes))
