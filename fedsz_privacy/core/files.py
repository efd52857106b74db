"""Files that are whole or not there."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EEXIST, EFBIG, EISDIR, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import BinaryIO

from fedsz_privacy.core.errors import InputError

SHORT_NAME = 50
"""Characters of a file's name that its temporary name repeats, of four bytes at most each."""

TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")
"""Names under which files are written before they get their own."""

REMEDIES: Mapping[int | None, str] = MappingProxyType(
    {
        **dict.fromkeys((ENOSPC, EDQUOT, EFBIG), "make room, and give the same command again"),
        **dict.fromkeys((EROFS, EACCES, EPERM), "choose a folder that you may write to"),
        ENOENT: "choose a folder that is there, for all workers too",
        **dict.fromkeys((EISDIR, ENOTDIR, EEXIST), "move what is in its place elsewhere"),
    }
)
"""What helps, by the number of the operating system's error."""


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; a path that the system cannot look up is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def to_path(path: Path | str) -> Path:
    """Return what names a file as a path; raise InputError if it is none."""
    if not isinstance(path, (Path, str)):
        raise InputError(f"path of type {type(path).__name__}: give the path of a file")
    return Path(path)


def require_file(path: Path, remedy: str) -> None:
    """Raise InputError, with a remedy, unless there is a file that can be opened."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder: {remedy}")
        if not path.is_file():
            raise InputError(f"no file at {path}: {remedy}")
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror}): {remedy}") from error


def require_readable(*paths: Path | None) -> None:
    """Raise InputError for the first path, of those that are given, that is none of a file that can be opened."""
    for path in paths:
        if path is not None:
            require_file(path, "give one that can be read")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it, so that no reader ever sees half of it.

    Its folder is made if it is not there.

    Raises
    ------
    InputError
        If it cannot be written: the disk is full or read-only, or something else is in its place.
    """
    with one_line_for("write", path):
        path.parent.mkdir(exist_ok=True)
    with open_atomically(path) as file:
        file.write(data)


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write to and read back under a temporary name, and rename it if all goes well.

    Whatever goes wrong, an interruption too, nothing of it is left.

    Raises
    ------
    InputError
        If it cannot be written: the disk is full or read-only, or something else is in its place.
    """
    # A name may be as long as the disk lets names be, and the temporary one is longer.
    temporary = path.with_name(f".{path.name[:SHORT_NAME]}.{token_hex(8)}.tmp")
    with one_line_for("write", path):
        try:
            with temporary.open("xb+") as file:
                yield file
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def require_place(path: Path, *sources: Path) -> None:
    """Raise InputError unless a file can be made or replaced at a path, and is none of the files that it is made of."""
    with one_line_for("write", path):
        if not is_folder(path.parent):
            raise InputError(f"no folder at {path.parent} for {path.name}: make it first")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no file: give the name of one")
        for source in sources:
            if path.exists() and source.exists() and path.samefile(source):
                raise InputError(f"{path} is what would be read: choose another name for what is written")


def require_absent(path: Path, remedy: str) -> None:
    """Raise InputError, with a remedy, if something is at a path."""
    with one_line_for("write", path):
        if path.exists():
            raise InputError(f"{path} is there already: {remedy}")


def read_if_there(path: Path) -> bytes | None:
    """Return what a file holds; None if there is none.

    Raises
    ------
    InputError
        If something is there that cannot be read.
    """
    with one_line_for("read", path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def remove_temporaries(folder: Path) -> None:
    """Remove what writers that were killed left in a folder, and in the folders directly in it."""
    for pattern in (".*.tmp", "*/.*.tmp"):
        for path in folder.glob(pattern):
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)


@contextmanager
def one_line_for(doing: str, path: Path) -> Iterator[None]:
    """Turn an error of the operating system into one line that names the path and what helps."""
    try:
        yield
    except OSError as error:
        remedy = REMEDIES.get(error.errno, "look at the disk, or choose another folder")
        raise InputError(f"cannot {doing} {path} ({error.strerror or error}): {remedy}") from error
