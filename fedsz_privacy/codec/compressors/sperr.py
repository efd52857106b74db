"""SPERR (Li, Lindstrom and Clyne, IPDPS 2023) through hdf5plugin's filter, in its mode of a greatest point-wise error.

.. warning::
   Decode only streams you trust: SPERR's decoder has not been tried on made-up bytes here, and HDF5 loads it.

SPERR is built for smooth fields in two and three dimensions: wavelets, and a list of outliers. Weights have no order
for a wavelet to use. Arrays are compressed as matrices of a fixed width, padded with zeros. The filter takes no NaN and
no infinities, and promises its bound but for rounding, so the encoder decodes what it sends and keeps exactly what lies
beyond the bound; arrays are scaled as for SZ2.
"""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import beyond, pack, peek, unpack
from fedsz_privacy.codec.compressors.scaling import BoundScale
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.optional import optional

HEAD = struct.Struct("<d")
WIDTH = 64
LEAST_ROWS = 9
"""Rows of the smallest matrix: SPERR's filter takes no shorter side."""

LARGEST = 2**31
"""Bytes that an array stays below: half of what HDF5 takes in a chunk, so that a stream that grows still fits."""

WORKING_COPIES = 8


@dataclass(frozen=True)
class SPERR:
    """SPERR with the bound as its greatest point-wise error."""

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "sperr"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound.

        Raises
        ------
        InputError
            If hdf5plugin is not installed, or the array has 2 GiB or more.
        """
        if array.nbytes >= LARGEST:
            raise InputError(f"array of {array.nbytes} bytes: SPERR takes less than 2 GiB; choose nopred")
        scale, flat = BoundScale.below(bound, array.dtype), array.reshape(-1)
        fits = scale.fits(flat) & (scale.bound > 0)
        if not fits.any():
            return pack(HEAD.pack(scale.bound), flat, ~fits)
        stream = _compress(_padded(scale.apply(flat, fits)), scale.unit)
        restored = scale.revert(_decompress(stream, flat.size, flat.dtype))
        return pack(HEAD.pack(scale.bound) + stream, flat, beyond(flat, restored, bound))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype from a stream you trust; ValueError if it is damaged."""
        size = math.prod(shape)
        content, exceptions = unpack(data, size, dtype)
        if len(content) < HEAD.size:
            raise ValueError("not a SPERR stream: it has no head")
        (unscaled_bound,), stream = HEAD.unpack_from(content), content[HEAD.size :]
        scaled = _decompress(stream, size, dtype) if stream else np.zeros(size, dtype)
        return exceptions.restore(BoundScale(unscaled_bound, dtype).revert(scaled)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding a stream you trust takes beside the array."""
        stream, taken = peek(data, math.prod(shape), dtype)
        return taken + len(stream) + WORKING_COPIES * math.prod(shape) * dtype.itemsize


def _rows(size: int) -> int:
    return max(LEAST_ROWS, -(-size // WIDTH))


def _padded(flat: NDArray[np.floating]) -> NDArray[np.floating]:
    matrix = np.zeros((_rows(flat.size), WIDTH), flat.dtype)
    matrix.reshape(-1)[: flat.size] = flat
    return matrix


def _compress(matrix: NDArray[np.floating], bound: float) -> bytes:
    with _dataset(matrix.shape, matrix.dtype, bound) as dataset:
        dataset[...] = matrix
        _, stream = dataset.id.read_direct_chunk((0, 0))
    return bytes(stream)


def _decompress(stream: bytes, size: int, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    with _dataset((_rows(size), WIDTH), dtype, bound=1.0) as dataset:
        dataset.id.write_direct_chunk((0, 0), stream)
        try:
            flat: NDArray[np.floating] = dataset[...].reshape(-1)[:size]
        except (OSError, RuntimeError) as error:
            raise ValueError(f"not a SPERR stream: {error}") from error
    return np.ascontiguousarray(flat)


@contextmanager
def _dataset(shape: tuple[int, ...], dtype: np.dtype[np.floating], bound: float) -> Iterator[Any]:
    """Open a data set in memory whose only chunk is SPERR's stream as it is; decoding takes no notice of the bound."""
    h5py, hdf5plugin = optional("h5py", "compressors"), optional("hdf5plugin", "compressors")
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        yield file.create_dataset("array", shape, dtype, chunks=shape, **hdf5plugin.Sperr(absolute=bound))
