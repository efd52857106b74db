"""Files that are whole or not there."""

import os
from pathlib import Path

from fedsz_privacy.core.errors import InputError


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; a path that the system cannot look up is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


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


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under a temporary name and rename it, so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
