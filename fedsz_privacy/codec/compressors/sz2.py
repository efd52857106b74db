"""SZ2 (Liang et al., IEEE Big Data 2018) through hdf5plugin's SZ filter.

.. warning::
   Decode only streams you trust. SZ2's decoder checks neither lengths nor indices: made-up bytes end the interpreter,
   at times with exit status 0, or reach past its memory. The checksum here keeps accidents out, not intent.

SZ2 keeps its bound only where this module lets it work. Left to itself, SZ2 2.1.12

- writes a stream of exactly 20 elements that it cannot read, and leaves fewer as they are;
- crashes under a subnormal float64 bound, and returns NaN near the greatest floats;
- exceeds a float64 bound by a few units in the last place of the values;
- takes a value at the very edge of its prediction range for code 0, which means "not predicted"; the decoder then loses
  its place and returns noise, or reads past its memory;
- loses NaN in an array whose other values lie within the bound of each other;
- sends one uninitialised byte of the process's memory in every stream.

So arrays are scaled to a bound of about one; values that SZ2 cannot resolve there, and arrays of up to 20 elements, are
kept exactly; the bound is tightened by 2**-20 and a little more; and the byte is cleared. With that a comparison with a
limit is enough and nothing is decoded for verification (on x86-64; compiled with fused multiply-add, SZ2's encoder and
decoder may round apart). Arrays are compressed flat, as FedSZ does; weight matrices would come out smaller as such, and
slower (docs/compression.md).
"""

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors.exceptions import pack, peek, unpack
from fedsz_privacy.codec.compressors.scaling import BoundScale
from fedsz_privacy.codec.lossless import ZSTD
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.optional import optional

HEAD = struct.Struct("<d")
UNREADABLE_SIZE = 20
HDF5_CHUNK_LIMIT = 2**32
LONGEST_CONSTANT = 52
ROUNDING = 2.0**-20
INTERVAL_BITS = range(5, 17)
UNINITIALISED_BYTE = 19
WORKING_COPIES = 6


@dataclass(frozen=True)
class SZ2:
    """SZ2 with the parameters that HDF5's filter gives it, entropy-coded by zstd at SZ2's own level, 3."""

    @property
    def name(self) -> str:
        """Name on the wire."""
        return "sz2"

    def encode(self, array: NDArray[np.floating], bound: float) -> bytes:
        """Compress a non-empty float32 or float64 array of any shape under a positive absolute bound.

        Raises
        ------
        InputError
            If hdf5plugin is not installed, or the array has 4 GiB or more.
        """
        if array.nbytes >= HDF5_CHUNK_LIMIT:
            raise InputError(f"array of {array.nbytes} bytes: SZ2 takes less than {HDF5_CHUNK_LIMIT}; choose nopred")
        scale, flat = BoundScale.below(bound, array.dtype), array.reshape(-1)
        fits = scale.fits(flat) & (flat.size > UNREADABLE_SIZE)
        stream = _compress(scale.apply(flat, fits), scale.unit) if fits.any() else b""
        return pack(HEAD.pack(scale.bound) + stream, flat, ~(fits & bool(stream)))

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
        """Restore an array of the given shape and dtype from a stream you trust; ValueError if it is damaged."""
        size = math.prod(shape)
        content, exceptions = unpack(data, size, dtype)
        if len(content) < HEAD.size:
            raise ValueError("not an SZ2 stream: it has no head")
        (unscaled_bound,), stream = HEAD.unpack_from(content), content[HEAD.size :]
        scale = BoundScale(unscaled_bound, dtype)
        scaled = _decompress(stream, size, dtype) if stream else np.zeros(size, dtype)
        return exceptions.restore(scale.revert(scaled)).reshape(shape)

    def memory(self, data: memoryview, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> int:
        """Return the most bytes that decoding a stream you trust takes beside the array."""
        stream, taken = peek(data, math.prod(shape), dtype)
        return taken + len(stream) + WORKING_COPIES * math.prod(shape) * dtype.itemsize


def _compress(flat: NDArray[np.floating], bound: float) -> bytes:
    with _dataset(flat.size, flat.dtype, _tighten(bound, flat.dtype)) as dataset:
        dataset[...] = flat
        skipped, stream = dataset.id.read_direct_chunk((0,))
    if skipped:
        raise InputError(f"SZ2 gave up on an array of {flat.size} elements of {flat.dtype}: choose nopred")
    return _settle(stream)


def _tighten(bound: float, dtype: np.dtype[np.floating]) -> float:
    """Return a slightly smaller bound that leaves room for SZ2's rounding and under which no code comes out as 0.

    Of n intervals, a power of two, SZ2 takes number n/2 + (d/b + 1)/2 for a value that lies d < (n - 1) b from its
    prediction, and multiplies by 1/b to get there. Where that rounds up to n - 1 the code below the centre becomes 0.
    """
    zero, candidate = dtype.type(0), dtype.type(bound * (1 - ROUNDING))
    reach = np.array([2**k - 1 for k in INTERVAL_BITS], dtype)
    while not (np.nextafter(reach * candidate, zero) * (dtype.type(1) / candidate) < reach).all():
        candidate = np.nextafter(candidate, zero)
    return float(candidate)


def _decompress(stream: bytes, size: int, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    with _dataset(size, dtype, bound=1.0) as dataset:
        dataset.id.write_direct_chunk((0,), stream)
        try:
            flat: NDArray[np.floating] = dataset[...]
        except (OSError, RuntimeError) as error:
            raise ValueError(f"not an SZ2 stream: {error}") from error
    return flat


@contextmanager
def _dataset(size: int, dtype: np.dtype[np.floating], bound: float) -> Iterator[Any]:
    """Open a data set in memory whose only chunk is SZ2's stream as it is; decoding takes no notice of the bound."""
    h5py, hdf5plugin = optional("h5py", "compressors"), optional("hdf5plugin", "compressors")
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        yield file.create_dataset("array", (size,), dtype, chunks=(size,), **hdf5plugin.SZ(absolute=bound))


def _settle(stream: bytes) -> bytes:
    """Return the stream with its uninitialised byte cleared, empty where SZ2 would mistake it for a constant's.

    SZ2 tells the short stream of a constant from the zstd frame around all others by its length.
    """
    if not stream.startswith(zstandard.FRAME_HEADER):
        return _clear(stream)
    packed = ZSTD.compress(_clear(ZSTD.decompress(stream, zstandard.frame_content_size(stream))))
    return packed if len(packed) > LONGEST_CONSTANT else b""


def _clear(content: bytes) -> bytes:
    return content[:UNINITIALISED_BYTE] + bytes(1) + content[UNINITIALISED_BYTE + 1 :]
