"""One run at a time writes to a folder: a lock of the operating system, which ends with the process that holds it."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import one_line_for, write_atomically

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK, WRITER = ".lock", ".writer"
"""Files of a run's folder: what is locked, and who locked it last."""


def lock(folder: Path) -> "BaseFileLock":
    """Return the lock on a folder, held until nothing refers to it; this process may hold it already.

    Raises
    ------
    InputError
        If another process holds it, or the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    held = FileLock(folder.resolve() / LOCK, is_singleton=True)
    with one_line_for("write", folder / LOCK):
        try:
            held.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"{folder} is being written by {_writer(folder)}: wait until it ends, or choose another --out"
            ) from None
    write_atomically(folder / WRITER, f"process {os.getpid()} on {socket.gethostname()}".encode())
    return held


def _writer(folder: Path) -> str:
    try:
        return (folder / WRITER).read_text()
    except OSError:
        return "another process"
