"""Arrays in an .npz file, read without pickle, every length checked before memory is taken."""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""Inputs and targets in an .npz file, under the names of Keras' mnist.npz."""

MOST_EXPANSION = 100
"""Most bytes that an .npz file may decode to, in multiples of its own size."""

NUMPY_WRITES = (ZIP_STORED, ZIP_DEFLATED)

HEADER_READERS = MappingProxyType({(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0})

DAMAGED = (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error)
"""What zipfile and NumPy make of a file that is no .npz file."""

Header: TypeAlias = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and dtype of an array in a file."""


def find_names(path: Path) -> list[str]:
    """Return the names of the arrays in an .npz file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    require_file(path, "give an .npz file")
    with _opened(path) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def read_arrays(
    path: Path, require: Callable[[Mapping[str, Header]], None], names: Sequence[str] = ARRAYS
) -> Mapping[str, NDArray[Any]]:
    """Return arrays of an .npz file by name, none of them before all are checked.

    Parameters
    ----------
    path : Path
        The file.
    require : callable
        Raises InputError if the shapes and dtypes are not what the caller wants.
    names : sequence of str
        Which arrays.

    Raises
    ------
    InputError
        If the file cannot be read, lacks an array, holds Python objects, or ``require`` refuses it.
    """
    require_file(path, f"give an .npz file with {', '.join(names)}")
    with _opened(path) as archive:
        if missing := [name for name in names if f"{name}.npy" not in archive.namelist()]:
            every, has_none = ", ".join(names), len(missing) == len(names)
            raise InputError(
                f"{path} has none of {every}: save all of them"
                if has_none
                else f"{path} has no {', '.join(missing)}: save all of {every}"
            )
        _require_small([archive.getinfo(f"{name}.npy") for name in names], path)
        require({name: _read_header(archive, name, path) for name in names})
        return {name: _read_array(archive, name) for name in names}


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as archive:
            yield archive
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


def _read_array(archive: ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        array: NDArray[Any] = npy.read_array(file, allow_pickle=False)
        return array
