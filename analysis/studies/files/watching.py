"""A compressor whose work is watched."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors import Compressor


@dataclass(frozen=True)
class Watched:
    """A compressor that tells how many bytes each array has that it compressed or restored.

    Parameters
    ----------
    compressor : Compressor
        What does the work.
    tell : callable
        Is given the bytes of each array when it is done.
    """

    compressor: Compressor
    tell: Callable[[int], None]

    @property
    def name(self) -> str:
        """Name on the wire."""
        return self.compressor.name

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress an array."""
        stream = self.compressor.encode(array, bound)
        self.tell(array.nbytes)
        return stream

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array."""
        array = self.compressor.decode(data, shape, dtype)
        self.tell(array.nbytes)
        return array

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding takes beside the array."""
        return self.compressor.memory(data, shape, dtype)
