"""Streams that lie about what they hold, for tests of decoders."""

import struct
from collections.abc import Callable

import zstandard
from torch import dtype

from fedsz_privacy.codec.frame import pack
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.lossless import ZSTD

HEAD = 16
"""Bytes of SZ3's magic number, data version and payload length."""


def inner(stream: bytes) -> bytes:
    """Return what the zstd frame inside an SZ3 stream holds."""
    (length,) = struct.unpack_from("<Q", stream, 8)
    return zstandard.ZstdDecompressor().decompress(stream[HEAD + 8 : HEAD + length])


def with_inner(stream: bytes, payload: bytes, announced: int | None = None) -> bytes:
    """Return an SZ3 stream with another content of its zstd frame, whose size it announces, rightly or not."""
    (length,) = struct.unpack_from("<Q", stream, 8)
    packed = struct.pack("<Q", len(payload) if announced is None else announced) + ZSTD.compress(payload)
    return stream[:8] + struct.pack("<Q", len(packed)) + packed + stream[HEAD + length :]


def edited(stream: bytes, edit: Callable[[bytearray], None]) -> bytes:
    """Return an SZ3 stream whose inner content a function has changed."""
    content = bytearray(inner(stream))
    edit(content)
    return with_inner(stream, bytes(content))


def frame_of(stream: bytes, elements: int, of: dtype, compressor: str = "sz3") -> bytes:
    """Return the frame of one lossy tensor, its checksum right."""
    header = Header(compressor, "zstd", (Entry("weight", of, (elements,), len(stream)),))
    return pack(header, [stream])
