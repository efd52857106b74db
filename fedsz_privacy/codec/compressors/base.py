"""The contract that every error-bounded compressor keeps."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Compressor(Protocol):
    """An error-bounded lossy compressor for float32 and float64 arrays.

    ``decode(encode(array, bound), array.shape, array.dtype)`` differs from ``array`` by at most ``bound`` in every
    finite element, and keeps NaN and infinities where they are.
    """

    @property
    def name(self) -> str:
        """Name on the wire; it selects the decoder."""
        ...

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty array under a positive absolute bound."""
        ...

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype; ValueError if the data does not hold one."""
        ...

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that ``decode`` takes beside the array that it returns, from the data's head alone.

        ValueError if the data does not hold such an array, before memory is taken.
        """
        ...
