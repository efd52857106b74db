"""What decoding a frame takes in memory, worked out before any of it is taken."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from fedsz_privacy.codec.arrays import HALF
from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.frame import HEADER_MEMORY
from fedsz_privacy.codec.header import Entry, Header

UNLIMITED = 2**63 - 1
"""For a process that decodes what it encoded itself, such as a simulation."""

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def width_of(entry: Entry) -> np.dtype[np.floating]:
    """Return the dtype of the array that a lossy tensor is compressed as."""
    return DOUBLE if entry.dtype == torch.float64 else SINGLE


def memory_of(header: Header, header_size: int, lossy: Sequence[memoryview], decoder: Compressor) -> int:
    """Return the most bytes that decoding takes beside the frame, but for a fixed amount of the libraries' own.

    The state counts in full. What is passed through on the way counts once, as the most that one step takes, because
    the raw bytes of an exact block or of a lossy tensor's stream are gone before the next one is decoded.

    Parameters
    ----------
    header : Header
        What the frame announces.
    header_size : int
        Bytes of the frame that are not payload.
    lossy : sequence of memoryview
        Streams of the lossy tensors, in order.
    decoder : Compressor
        What decodes them.

    Raises
    ------
    ValueError
        If a stream does not hold what its entry announces.
    """
    entries = [entry for entry in header.entries if entry.stream_size]
    passing = [_passing(entry, stream, decoder) for entry, stream in zip(entries, lossy, strict=True)]
    blocks = [sum(entry.nbytes for entry in unit) for unit, _ in header.units() if not unit[0].stream_size]
    lasting = sum(entry.nbytes for entry in header.entries)
    return HEADER_MEMORY * header_size + lasting + max(*blocks, *passing, 0, 0)


def streamed_memory_of(unit: Sequence[Entry], stream: memoryview, decoder: Compressor) -> int:
    """Return the most bytes that decoding one stream of a file takes while tensors are handed out one by one.

    There are the stream, what comes out of it, and what is passed through on the way, as in `memory_of`; and as much
    again as comes out, for the tensor that was handed out last is dropped only when the next one arrives.

    Raises
    ------
    ValueError
        If the stream does not hold what its entry announces.
    """
    state = sum(entry.nbytes for entry in unit)
    passing = _passing(unit[0], stream, decoder) if unit[0].stream_size else state
    return len(stream) + 2 * state + passing


def _passing(entry: Entry, stream: memoryview, decoder: Compressor) -> int:
    """Return the bytes of a stream's copy, of decoding it, and of the array where the tensor is not a view of it."""
    width = width_of(entry)
    array = math.prod(entry.shape) * (width.itemsize + 1) if entry.dtype in HALF else 0
    return len(stream) + array + decoder.memory(stream, entry.shape, width)
