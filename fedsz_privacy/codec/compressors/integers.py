"""Arrays of whole numbers through pcodec: a binned table, a tabled asymmetric-numeral-systems coder, and raw low bits.

Each array is one chunk of one page in pcodec's wrapped format. No length is sent: the decoder says what it has read.
Before a chunk of numbers of one byte stands a length u32, little-endian: that of a zstd frame (`byte_codes`), which
holds the numbers in the chunk's stead, or 0. A frame is made far sooner than the chunk, and is little larger.
"""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, ModeSpec, PagingSpec, wrapped

from fedsz_privacy.codec.compressors import byte_codes

LEVEL = 8
"""pcodec's default: up to 256 bins."""

HEADER = wrapped.FileCompressor().write_header()

LARGEST_CHUNK = 2**24
"""Numbers in pcodec's largest chunk."""

FRAME = struct.Struct("<I")

FEWEST = 4096
"""Numbers from which on zstd is the faster."""

ZEROS = 0.3
"""Share of zeros up to which zstd's Huffman code is close to the entropy."""


def write(arrays: Iterable[NDArray[np.signedinteger]]) -> bytes:
    """Return the arrays in order as one stream: int8, int16 or int32, flat, of any length."""
    return b"".join(part for array in arrays for chunk in _chunks(array) for part in _write_chunk(chunk))


class Reader:
    """Reads arrays from a stream, in the order in which they were written.

    Parameters
    ----------
    stream : bytes
        What `write` returned. pcodec's decoder takes made-up bytes without harm: its memory is bounded by its tables,
        and by the array that it fills.
    """

    def __init__(self, stream: bytes) -> None:
        self._file, _ = wrapped.FileDecompressor.new(HEADER)
        self._rest = stream

    def read(self, size: int, dtype: np.dtype[np.signedinteger]) -> NDArray[np.signedinteger]:
        """Return the next array, of so many numbers of a dtype; ValueError if the stream does not hold it."""
        found = np.empty(size, dtype)
        for chunk in _chunks(found):
            self._read_chunk(chunk)
        return found

    def end(self) -> None:
        """Raise ValueError unless all was read."""
        if self._rest:
            raise ValueError(f"{len(self._rest)} bytes follow the last whole number")

    def _read_chunk(self, out: NDArray[np.signedinteger]) -> None:
        if out.itemsize == 1 and (frame := self._take_frame()):
            out[:] = byte_codes.decompress(frame, out.size)
            return
        try:
            decoder, taken = self._file.chunk_decompressor(self._rest, f"i{8 * out.itemsize}")
            self._rest = self._rest[taken:]
            progress, taken = decoder.read_page_into(self._rest, out.size, out)
        except (RuntimeError, OSError, TypeError) as error:
            raise ValueError(f"not whole numbers: {error}") from error
        if progress.n_processed != out.size or not progress.finished:
            raise ValueError(f"not whole numbers: {progress.n_processed} of {out.size}")
        self._rest = self._rest[taken:]

    def _take_frame(self) -> bytes:
        """Return the zstd frame that comes next, or nothing where a chunk of pcodec's does."""
        if len(self._rest) < FRAME.size:
            raise ValueError("not whole numbers: they end before the length of a frame")
        end = FRAME.size + FRAME.unpack_from(self._rest)[0]
        frame, self._rest = self._rest[FRAME.size : end], self._rest[end:]
        return frame


def _chunks(array: NDArray[np.signedinteger]) -> list[NDArray[np.signedinteger]]:
    return [array[start : start + LARGEST_CHUNK] for start in range(0, array.size, LARGEST_CHUNK)]


def _write_chunk(numbers: NDArray[np.signedinteger]) -> tuple[bytes, ...]:
    if numbers.itemsize > 1:
        return _by_pcodec(numbers)
    if numbers.size < FEWEST or np.count_nonzero(numbers) < (1 - ZEROS) * numbers.size:
        return FRAME.pack(0), *_by_pcodec(numbers)
    frame = byte_codes.compress(numbers)
    return FRAME.pack(len(frame)), frame


def _by_pcodec(numbers: NDArray[np.signedinteger]) -> tuple[bytes, bytes]:
    chunk: Any = wrapped.FileCompressor().chunk_compressor(numbers, _config(numbers.size))
    return chunk.write_meta(), chunk.write_page(0)


def _config(size: int) -> Any:
    """Return how one page of so many numbers is coded: as they are, without differences or common multiples."""
    return ChunkConfig(
        compression_level=LEVEL,
        enable_8_bit=True,
        delta_spec=DeltaSpec.no_op(),
        mode_spec=ModeSpec.classic(),
        paging_spec=PagingSpec.exact_page_sizes([size]),
    )
