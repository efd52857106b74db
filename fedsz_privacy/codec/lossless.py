"""Lossless codecs for what must come back bit-exact."""

import lzma
import struct
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import zstandard

from fedsz_privacy.codec.names import DEFAULT_LOSSLESS, LOSSLESS_NAMES
from fedsz_privacy.core.errors import InputError, unknown
from fedsz_privacy.core.optional import optional

ZLIB_WINDOW, GZIP_WINDOW = zlib.MAX_WBITS, zlib.MAX_WBITS + 16
XZ_MEMORY = 2**24
BLOSC_LIMIT = 2**31 - 33
BLOSC_HEADER = struct.Struct("<2sBBIII6s2s7sB")
BLOSC_STORED, BLOSC_UNSPLIT, BLOSC_ZEROS = 0x02, 0x10, 0x10


@dataclass(frozen=True)
class Lossless:
    """A lossless codec: ``decompress(compress(data), len(data)) == data``.

    ``decompress`` takes the size that must come out and raises ValueError if the data is damaged or holds another,
    before it takes more memory than twice that size and 16 MiB of its own.
    """

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes | memoryview, int], bytes]


class _Decompressor(threading.local):
    """One of zstd's decompression contexts for each thread: making one takes longer than most tensors do."""

    def __init__(self) -> None:
        self.context = zstandard.ZstdDecompressor()


_ZSTD = _Decompressor()


def _zstd_compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(data)


def _zstd_decompress(data: bytes | memoryview, size: int) -> bytes:
    try:
        if zstandard.frame_content_size(data) != size:
            raise ValueError(f"zstd frame does not hold {size} bytes")
        return _ZSTD.context.decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a zstd frame: {error}") from error


def _deflate(name: str, window: int) -> Lossless:
    """Return DEFLATE in the container that zlib's window size selects; gzip's carries no time of day."""

    def compress(data: bytes) -> bytes:
        stream = zlib.compressobj(wbits=window)
        return stream.compress(data) + stream.flush()

    def decompress(data: bytes | memoryview, size: int) -> bytes:
        stream = zlib.decompressobj(window)
        try:
            return _whole(stream.decompress(data, size + 1), size, stream.eof and not stream.unused_data)
        except zlib.error as error:
            raise ValueError(f"not a {name} stream: {error}") from error

    return Lossless(name, compress, decompress)


def _xz_decompress(data: bytes | memoryview, size: int) -> bytes:
    try:
        stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY)
        return _whole(stream.decompress(data, size + 1), size, stream.eof and not stream.unused_data)
    except lzma.LZMAError as error:
        raise ValueError(f"not an xz stream: {error}") from error


def _whole(raw: bytes, size: int, ended: bool) -> bytes:
    if len(raw) != size or not ended:
        raise ValueError(f"stream does not hold {size} bytes")
    return raw


def _blosc_compress(data: bytes) -> bytes:
    blosc2 = optional("blosc2", "compressors")
    if len(data) > BLOSC_LIMIT:
        raise InputError(f"{len(data)} bytes to keep exactly: blosclz takes up to {BLOSC_LIMIT}; choose zstd")
    packed: bytes = blosc2.compress2(data, codec=blosc2.Codec.BLOSCLZ, typesize=4, clevel=9, nthreads=1)
    return packed


def _blosc_decompress(data: bytes | memoryview, size: int) -> bytes:
    blosc2 = optional("blosc2", "compressors")
    if len(data) < BLOSC_HEADER.size or not _is_plain_blosc(data, size):
        raise ValueError(f"not a blosclz chunk of {size} bytes")
    try:
        raw: bytes = blosc2.decompress2(data, nthreads=1)
    except RuntimeError as error:
        raise ValueError(f"not a blosclz chunk: {error}") from error
    return raw


def _is_plain_blosc(data: bytes | memoryview, size: int) -> bool:
    """Return whether a chunk is what `_blosc_compress` writes; others can load plug-ins or read files."""
    versions, flags, typesize, length, _, packed, filters, codec, meta, special = BLOSC_HEADER.unpack_from(data)
    kind = flags & ~(BLOSC_STORED | BLOSC_UNSPLIT)
    shuffled = (versions, kind, typesize, filters) == (b"\5\1", 5, 4, b"\0\0\0\0\0\1")
    plain = not any(codec) and not any(meta) and special in (0, BLOSC_ZEROS)
    return shuffled and plain and length == size and packed == len(data)


ZSTD = Lossless("zstd", _zstd_compress, _zstd_decompress)
ZLIB = _deflate("zlib", ZLIB_WINDOW)
GZIP = _deflate("gzip", GZIP_WINDOW)
XZ = Lossless("xz", lzma.compress, _xz_decompress)
BLOSC_LZ = Lossless("blosclz", _blosc_compress, _blosc_decompress)

LOSSLESS: Mapping[str, Lossless] = MappingProxyType(
    dict(zip(LOSSLESS_NAMES, (ZSTD, ZLIB, GZIP, XZ, BLOSC_LZ), strict=True))
)
"""Lossless codecs by their name, on the wire too."""


def get_lossless(name: str) -> Lossless:
    """Return the lossless codec of that name, one of `LOSSLESS`.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in LOSSLESS:
        raise unknown("lossless codec", name, LOSSLESS_NAMES, f"leave it out for {DEFAULT_LOSSLESS}")
    return LOSSLESS[name]
