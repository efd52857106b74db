"""The frame: what a compressed state looks like between client and server.

Layout, integers little-endian::

    magic "FedSZ" | version u8 | header length u32 | payload length u64 | header | payload | first 16 bytes of SHA-256

The header names the codecs and lists the tensors; the payload holds one stream for each lossy tensor and then one
for the raw bytes of all the others. Nothing is unpickled, every length is checked against the bytes at hand before
memory is taken for it, and the digest covers all that precedes it. The digest finds accidents; it is no signature,
so a client that lies about its own update is still believed.
"""

import hashlib
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import torch

MAGIC = b"FedSZ"
VERSION = 1
PREFIX = struct.Struct("<5sBIQ")
DIGEST_SIZE = 16
MAX_DIMENSIONS = 64
MAX_VARINT_BYTES = 9
MAX_NBYTES = 2**63 - 1

HEADER_MEMORY = 128
"""Bytes that an entry takes once it is a tensor in a state, for each byte of it in the header; empty ones count too."""

DTYPES: tuple[torch.dtype, ...] = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64,
)  # fmt: skip
"""Dtypes by their code on the wire; append, never reorder."""


class FrameError(ValueError):
    """The bytes are not an intact frame that this version can read."""


@dataclass(frozen=True)
class Entry:
    """One tensor of a frame: its name, dtype and shape, and the bytes of its own stream (0: it is kept losslessly)."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    stream_size: int

    @property
    def nbytes(self) -> int:
        """Size of the decoded tensor in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class Header:
    """What a frame says of itself: the codecs' names and the tensors in order."""

    compressor: str
    lossless: str
    entries: tuple[Entry, ...]


def pack(header: Header, streams: Sequence[bytes]) -> bytes:
    """Return the frame of a header and the streams it announces."""
    head = _encode_header(header)
    prefix = PREFIX.pack(MAGIC, VERSION, len(head), sum(map(len, streams)))
    content = b"".join((prefix, head, *streams))
    return content + _digest(content)


def unpack(frame: bytes, max_bytes: int = MAX_NBYTES) -> tuple[Header, memoryview]:
    """Return the header and payload of a frame.

    Raises
    ------
    FrameError
        If a byte is missing, added or altered, the header contradicts itself, or its tensors alone, without their
        elements, could take more than ``max_bytes``.
    """
    view = memoryview(frame).cast("B")
    if len(view) < PREFIX.size + DIGEST_SIZE:
        raise FrameError(f"frame of {len(view)} bytes is too short to be one")
    magic, version, head_size, payload_size = PREFIX.unpack_from(view)
    if magic != MAGIC:
        raise FrameError(f"frame starts with {magic!r}, not {MAGIC!r}: not a FedSZ frame")
    if version != VERSION:
        raise FrameError(f"frame has version {version}; this release reads version {VERSION}")
    if len(view) != PREFIX.size + head_size + payload_size + DIGEST_SIZE:
        raise FrameError(f"frame of {len(view)} bytes announces {head_size} + {payload_size}: truncated or extended")
    if _digest(view[:-DIGEST_SIZE]) != view[-DIGEST_SIZE:]:
        raise FrameError("frame's checksum does not match: it was altered on the way")
    if HEADER_MEMORY * head_size > max_bytes:
        raise FrameError(
            f"frame's header of {head_size} bytes can take {HEADER_MEMORY} times as many; max_bytes allows {max_bytes}"
        )
    header = _decode_header(bytes(view[PREFIX.size : PREFIX.size + head_size]))
    payload = view[PREFIX.size + head_size : -DIGEST_SIZE]
    if sum(entry.stream_size for entry in header.entries) > len(payload):
        raise FrameError(f"frame announces more stream bytes than the {len(payload)} it holds")
    return header, payload


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).digest()[:DIGEST_SIZE]


def _encode_header(header: Header) -> bytes:
    parts = [_text(header.compressor), _text(header.lossless), _varint(len(header.entries))]
    for entry in header.entries:
        dimensions = (entry.stream_size, len(entry.shape), *entry.shape)
        parts += [_text(entry.name), bytes([DTYPES.index(entry.dtype)]), *map(_varint, dimensions)]
    return b"".join(parts)


def _decode_header(data: bytes) -> Header:
    reader = _Reader(data)
    compressor, lossless, count = reader.text(), reader.text(), reader.varint()
    entries = tuple(reader.entry() for _ in range(reader.at_most(count, len(data), "tensors")))
    if reader.position != len(data):
        raise FrameError("frame's header is longer than its entries")
    if len({entry.name for entry in entries}) != count:
        raise FrameError("frame names a tensor twice")
    return Header(compressor, lossless, entries)


def _text(text: str) -> bytes:
    data = text.encode()
    return _varint(len(data)) + data


def _varint(number: int) -> bytes:
    """Encode a non-negative integer as LEB128: seven bits a byte, least significant first."""
    if number < 0x80:
        return bytes([number])
    digits = [number >> shift & 0x7F for shift in range(0, number.bit_length(), 7)]
    return bytes([digit | 0x80 for digit in digits[:-1]] + digits[-1:])


@dataclass
class _Reader:
    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        self.position += size
        if self.position > len(self.data):
            raise FrameError("frame's header ends in the middle of an entry")
        return self.data[self.position - size : self.position]

    def varint(self) -> int:
        if self.position < len(self.data) and (byte := self.data[self.position]) < 0x80:
            self.position += 1
            return byte
        number = shift = 0
        for byte in self.data[self.position : self.position + MAX_VARINT_BYTES]:
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self.position += shift // 7
                return number
        raise FrameError("frame's header ends in a number, or holds one of more than 63 bits")

    def at_most(self, number: int, limit: int, what: str) -> int:
        if number > limit:
            raise FrameError(f"frame announces {number} {what}; at most {limit} are possible")
        return number

    def text(self) -> str:
        try:
            return str(self.take(self.varint()), "utf-8")
        except UnicodeDecodeError as error:
            raise FrameError("frame holds a name that is not UTF-8") from error

    def entry(self) -> Entry:
        name = self.text()
        (code,) = self.take(1)
        dtype = DTYPES[self.at_most(code, len(DTYPES) - 1, "as a dtype code")]
        stream_size = self.varint()
        if stream_size and not dtype.is_floating_point:
            raise FrameError(f"frame compresses {name!r} lossily although its dtype is {dtype}")
        shape = tuple(self.varint() for _ in range(self.at_most(self.varint(), MAX_DIMENSIONS, "dimensions")))
        if math.prod(filter(None, shape)) * dtype.itemsize > MAX_NBYTES:
            raise FrameError(f"frame announces {name!r} of shape {shape}, which no tensor can have")
        return Entry(name, dtype, shape, stream_size)
