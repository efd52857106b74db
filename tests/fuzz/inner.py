"""What lies inside a stream: SZ3's zstd frame, and the container around ZFP's and the quantiser's.

Each is opened into bytes that can be edited, and closed with the sizes and the checksum that its decoder looks for.
Bytes that cannot be opened, as after another mutation, come back as they are.
"""

import contextlib
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import zstandard

from fedsz_privacy.codec.compressors import exceptions
from fedsz_privacy.codec.compressors.auto import CODE_OF_SCALED
from fedsz_privacy.codec.lossless import LOSSLESS

Edit = Callable[[bytes], bytes]

SIZE = struct.Struct("<Q")
SZ3_HEAD = struct.Struct("<4sIQ")
SZ3_MAGIC = struct.pack("<I", 0xF342F310)
CONTAINED = (b"zfp", b"quantiser", b"scaled", b"szx")
AUTO, SCALED = b"auto", bytes([CODE_OF_SCALED])
QUANTISER_HEAD = 9
MOST_INSIDE = 2**20
"""Bytes inside a zstd frame up to which it is opened."""

WIDE = 1
"""The code of float64 on the wire; all other lossy tensors are decoded as float32."""


@dataclass(frozen=True)
class SZ3Stream:
    """SZ3's stream: magic and data version, the bytes inside its zstd frame, and its configuration."""

    magic: bytes
    version: int
    raw: bytes
    configuration: bytes

    @classmethod
    def open(cls, data: bytes) -> "SZ3Stream":
        """Return the parts; ValueError or struct.error if it cannot be opened."""
        magic, version, size = SZ3_HEAD.unpack_from(data)
        body, configuration = data[SZ3_HEAD.size : SZ3_HEAD.size + size], data[SZ3_HEAD.size + size :]
        return cls(magic, version, _inflate(body[SIZE.size :]), configuration)

    def close(self, announced: int | None = None) -> bytes:
        """Return the stream, with another announced size of ``raw`` if one is given."""
        size = len(self.raw) if announced is None else announced
        body = SIZE.pack(size) + zstandard.ZstdCompressor().compress(self.raw)
        return SZ3_HEAD.pack(self.magic, self.version, len(body)) + body + self.configuration


@dataclass(frozen=True)
class Container:
    """A codec's stream and its exceptions, as `fedsz_privacy.codec.compressors.exceptions` packs them."""

    count: int
    length: int
    content: bytes

    @classmethod
    def open(cls, data: bytes) -> "Container":
        """Return the parts; struct.error if it is too short."""
        _, count, length = exceptions.PREFIX.unpack_from(data)
        return cls(count, length, data[exceptions.PREFIX.size :])

    def close(self, shape: tuple[int, ...], code: int) -> bytes:
        """Return the container with the checksum for an array of a shape and dtype."""
        dtype = np.dtype(np.float64 if code == WIDE else np.float32)
        announced = f"{dtype.str} {math.prod(shape)} {self.count} {self.length}".encode()
        checksum = zlib.crc32(self.content, zlib.crc32(announced))
        return exceptions.PREFIX.pack(checksum, self.count, self.length) + self.content


def bare(stream: bytes) -> bytes:
    """Return SZ3's own stream, without the container that goes around those of its predictors."""
    if stream.startswith(SZ3_MAGIC):
        return stream
    part = Container.open(stream)
    return part.content[: part.length]


def edit_sz3(data: bytes, edit: Edit) -> bytes:
    """Return SZ3's stream with the bytes inside its zstd frame edited."""
    with contextlib.suppress(ValueError, struct.error):
        stream = SZ3Stream.open(data)
        return replace(stream, raw=edit(stream.raw)).close()
    return data


def announce_sz3(data: bytes, size: int) -> bytes:
    """Return SZ3's stream with another announced size of the bytes inside its zstd frame."""
    with contextlib.suppress(ValueError, struct.error):
        return SZ3Stream.open(data).close(size)
    return data


def edit_codes(data: bytes, edit: Edit) -> bytes:
    """Return the quantiser's container with the bytes inside its zstd frame of codes edited."""
    with contextlib.suppress(ValueError, struct.error):
        part = Container.open(data)
        stream, block = part.content[: part.length], part.content[part.length :]
        stream = stream[:QUANTISER_HEAD] + _deflate(edit(_inflate(stream[QUANTISER_HEAD:])))
        return Container(part.count, len(stream), stream + block).close((), 0)
    return data


def edit_stream(data: bytes, edit: Edit) -> bytes:
    """Return a container with the codec's stream edited."""
    with contextlib.suppress(ValueError, struct.error):
        part = Container.open(data)
        stream, block = edit(part.content[: part.length]), part.content[part.length :]
        return Container(part.count, len(stream), stream + block).close((), 0)
    return data


def edit_exceptions(data: bytes, edit: Edit) -> bytes:
    """Return a container with the bytes inside its zstd frame of exceptions edited."""
    with contextlib.suppress(ValueError, struct.error):
        part = Container.open(data)
        stream, block = part.content[: part.length], part.content[part.length :]
        return replace(part, content=stream + _deflate(edit(_inflate(block)))).close((), 0)
    return data


def repaired(compressor: bytes, data: bytes, shape: tuple[int, ...], code: int) -> bytes:
    """Return a stream of a compressor, with the checksum that its tensor asks for if it is, or holds, a container."""
    if compressor == AUTO and data.startswith(SCALED):
        return SCALED + repair(data[1:], shape, code)
    return repair(data, shape, code) if data and compressor in CONTAINED else data


def repair(data: bytes, shape: tuple[int, ...], code: int) -> bytes:
    """Return a container with the checksum that its tensor asks for."""
    with contextlib.suppress(struct.error):
        return Container.open(data).close(shape, code)
    return data


def edit_lossless(data: bytes, codec: str, size: int, edit: Edit) -> bytes:
    """Return the lossless part of ``size`` bytes with the bytes inside it edited."""
    with contextlib.suppress(ValueError, KeyError, OverflowError):
        return LOSSLESS[codec].compress(edit(LOSSLESS[codec].decompress(data, size)))
    return data


def _inflate(data: bytes) -> bytes:
    try:
        # The decompressor believes a size that the frame announces, which another mutation may have written.
        if zstandard.frame_content_size(data) > MOST_INSIDE:
            raise ValueError("too large to be opened")
        return zstandard.ZstdDecompressor().decompress(data, max_output_size=MOST_INSIDE)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def _deflate(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)
