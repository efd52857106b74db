"""Lossless codecs for what must come back bit-exact."""

from collections.abc import Callable
from dataclasses import dataclass

import zstandard


@dataclass(frozen=True)
class Lossless:
    """A lossless codec: ``decompress(compress(data), len(data)) == data``.

    ``decompress`` takes the size that must come out and raises ValueError, before it takes the memory, if the data
    says another.
    """

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes, int], bytes]


def _zstd_compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(data)


def _zstd_decompress(data: bytes, size: int) -> bytes:
    try:
        if zstandard.frame_content_size(data) != size:
            raise ValueError(f"zstd frame does not hold {size} bytes")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a zstd frame: {error}") from error


ZSTD = Lossless("zstd", _zstd_compress, _zstd_decompress)

LOSSLESS: dict[str, Lossless] = {codec.name: codec for codec in (ZSTD,)}
"""Lossless codecs by their name on the wire."""
