"""Arrays that another process reads without a copy of its own: files in memory, written again and again."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.files import one_line_for

SHARED_MEMORY = Path("/dev/shm")
LEAST_FREE = 2**31
"""Bytes that must be free in shared memory for it to be used: containers may have little."""

LEAST = 2**16
"""Bytes of an array from which on it is worth a place."""


def memory_folder() -> Path | None:
    """Return where files are kept in memory; None, for the folder of temporary files, where there is no such place."""
    roomy = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= LEAST_FREE
    return SHARED_MEMORY if roomy else None


@dataclass(frozen=True)
class Place:
    """Where an array lies."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def read(self) -> NDArray[Any]:
        """Return the array, which cannot be written to."""
        return np.asarray(np.memmap(self.path, self.dtype, "r", shape=self.shape))


class Slot:
    """A file that holds one array after the other: pages that are there need not be made again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pages: NDArray[np.uint8] = np.empty(0, np.uint8)

    def put(self, value: Any) -> Any:
        """Return the place of a large array, once it is there; any other value as it is."""
        if not isinstance(value, np.ndarray) or value.nbytes < LEAST:
            return value
        if self.pages.nbytes < value.nbytes:
            self._grow(value.nbytes)
        held = self.pages[: value.nbytes].view(value.dtype).reshape(value.shape)
        np.copyto(held, value)
        return Place(self.path, value.shape, value.dtype)

    def _grow(self, size: int) -> None:
        with one_line_for("write", self.path), self.path.open("wb") as file:
            file.truncate(size)
            if hasattr(os, "posix_fallocate"):
                # Where there is no room it is an error here, and not a fault at the first touch of a page.
                os.posix_fallocate(file.fileno(), 0, size)
        self.pages = np.memmap(self.path, np.uint8, "r+", shape=(size,))
