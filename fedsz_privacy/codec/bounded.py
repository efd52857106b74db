"""One lossy tensor under its error bound: what its array may lose, and the stream that keeps to it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fedsz_privacy.codec.arrays import rounding_error
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors.base import Compressor


@dataclass(frozen=True)
class Room:
    """How far a tensor's values may be moved.

    Attributes
    ----------
    bound : float
        Its absolute error bound; 0 where nothing may change.
    room : float
        What the rounding to its dtype leaves of that for its array; not above 0 where it leaves nothing.
    """

    bound: float
    room: float

    @classmethod
    def of(cls, array: NDArray[np.floating], dtype: torch.dtype, bound: ErrorBound) -> "Room":
        """Return that of a tensor of a dtype, given as an array."""
        absolute = bound.absolute(array)
        return cls(absolute, absolute - rounding_error(array, absolute, dtype) if absolute > 0 else 0.0)


def encode_within(
    compressor: Compressor, array: NDArray[np.floating], dtype: torch.dtype, bound: ErrorBound
) -> tuple[Room, bytes]:
    """Return how far a tensor's values may be moved, and its stream; no bytes where there is no room."""
    found = Room.of(array, dtype, bound)
    return found, compressor.encode(array, found.room) if found.room > 0 else b""
