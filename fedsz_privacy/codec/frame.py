"""The frame: what a compressed state looks like between client and server, in memory or in a file.

Layout, integers little-endian::

    magic "FedSZ" | version u8 | streams | header | header length u32 | XXH3 of 128 bits

The header stands behind the streams, as in a zip archive, so that a frame is written from front to back while only one
tensor at a time is in memory. The streams come in the order in which they are complete: one for each lossy tensor, and
one for each block of exact ones. Nothing is unpickled, every length is checked against the bytes at hand before memory
is taken for it, and the checksum covers all that precedes it. The checksum finds accidents; it is no signature, so a
client that lies about its own update is still believed.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import xxhash

from fedsz_privacy.codec.header import MAX_NBYTES, Entry, FrameError, Header, OverLimit, decode_header, encode_header
from fedsz_privacy.core.errors import InputError

MAGIC = b"FedSZ"
VERSION = 2
PREFIX, HEADER_LENGTH = struct.Struct("<5sB"), struct.Struct("<I")
DIGEST_SIZE = 16
PIECE = 2**20
"""Bytes that the checksum reads at a time."""

HEADER_MEMORY = 128
"""Bytes that an entry takes once it is a tensor in a state, for each byte of it in the header; empty ones count too."""


class Target(Protocol):
    """Where a frame is written to: a binary file, or `io.BytesIO`."""

    def write(self, data: bytes, /) -> object:
        """Append bytes."""
        ...


class Source(Protocol):
    """Where a frame is read from."""

    @property
    def size(self) -> int:
        """Bytes that there are."""
        ...

    def read(self, start: int, end: int) -> memoryview:
        """Return the bytes of a range that lies within the size."""
        ...


@dataclass(frozen=True)
class FrameInMemory:
    """A frame in memory."""

    view: memoryview

    @classmethod
    def of(cls, frame: bytes) -> Self:
        """Return the frame that bytes, or any other buffer, hold.

        Raises
        ------
        InputError
            If it is no buffer.
        """
        try:
            return cls(memoryview(frame).cast("B"))
        except TypeError as error:
            raise InputError(
                f"a {type(frame).__name__} is no frame: give the bytes of a frame; decode_from takes the path of a file"
            ) from error

    @property
    def size(self) -> int:
        """Bytes that there are."""
        return len(self.view)

    def read(self, start: int, end: int) -> memoryview:
        """Return a view of a range."""
        return self.view[start:end]


@dataclass
class Writer:
    """A frame that is being written, from front to back: streams by `put`, then the header by `close`."""

    target: Target
    checksum: "xxhash.xxh3_128" = field(default_factory=xxhash.xxh3_128)

    def __post_init__(self) -> None:
        self.put(PREFIX.pack(MAGIC, VERSION))

    def put(self, data: bytes) -> None:
        """Append bytes, which the checksum covers."""
        self.checksum.update(data)
        self.target.write(data)

    def close(self, header: Header) -> None:
        """Append the header of the streams, in the order of its ``units``, and the checksum."""
        head = encode_header(header)
        self.put(head + HEADER_LENGTH.pack(len(head)))
        self.target.write(self.checksum.digest())


def pack(header: Header, streams: Sequence[bytes]) -> bytes:
    """Return the frame of a header and the streams it announces."""
    head, checksum = encode_header(header), xxhash.xxh3_128()
    parts = (PREFIX.pack(MAGIC, VERSION), *streams, head, HEADER_LENGTH.pack(len(head)))
    for part in parts:
        checksum.update(part)
    return b"".join((*parts, checksum.digest()))


def unpack(frame: bytes, max_bytes: int = MAX_NBYTES) -> tuple[Header, memoryview]:
    """Return the header and payload of a frame, as `read_header` reads it."""
    source = FrameInMemory.of(frame)
    header = read_header(source, max_bytes)
    return header, source.view[PREFIX.size : PREFIX.size + payload_size(header)]


def payload_size(header: Header) -> int:
    """Return the bytes of all streams."""
    return sum(entry.stream_size for entry in header.entries) + sum(header.blocks)


def read_header(source: Source, max_bytes: int = MAX_NBYTES) -> Header:
    """Return the header of a frame, after all of the frame was compared with its checksum.

    Raises
    ------
    FrameError
        If a byte is missing, added or altered, the header contradicts itself, or its tensors alone, without their
        elements, could take more than ``max_bytes``.
    """
    _require_version(source)
    end = source.size - DIGEST_SIZE - HEADER_LENGTH.size
    if end < PREFIX.size:
        raise FrameError(f"frame of {source.size} bytes is too short to be one")
    if _digest(source, end + HEADER_LENGTH.size) != source.read(source.size - DIGEST_SIZE, source.size):
        raise FrameError("frame's checksum does not match: it was altered, truncated or extended on the way")
    (head_size,) = HEADER_LENGTH.unpack(source.read(end, end + HEADER_LENGTH.size))
    if HEADER_MEMORY * head_size > max_bytes:
        takes = f"frame's header of {head_size} bytes can take {HEADER_MEMORY} times as many"
        raise FrameError(OverLimit(takes, max_bytes))
    if head_size > end - PREFIX.size:
        raise FrameError(f"frame of {source.size} bytes announces a header of {head_size}")
    header = decode_header(bytes(source.read(end - head_size, end)))
    announced, held = payload_size(header), end - head_size - PREFIX.size
    if announced != held:
        raise FrameError(f"frame announces streams of {announced} bytes; it holds {held}")
    return header


def _require_version(source: Source) -> None:
    if source.size < PREFIX.size:
        raise FrameError(f"frame of {source.size} bytes is too short to be one")
    magic, version = PREFIX.unpack(source.read(0, PREFIX.size))
    if magic != MAGIC:
        raise FrameError(f"frame starts with {magic!r}, not {MAGIC!r}: not a FedSZ frame")
    if version != VERSION:
        raise FrameError(f"frame has version {version}; this release reads version {VERSION}")


def _digest(source: Source, end: int) -> bytes:
    checksum = xxhash.xxh3_128()
    for start in range(0, end, PIECE):
        checksum.update(source.read(start, min(start + PIECE, end)))
    return checksum.digest()


def spans_of(header: Header) -> Iterator[tuple[tuple[Entry, ...], tuple[int, int]]]:
    """Return each unit of a frame, and where its stream starts and ends."""
    start = PREFIX.size
    for unit, size in header.units():
        yield unit, (start, start + size)
        start += size


def streams_of(header: Header, source: Source) -> Iterator[tuple[tuple[Entry, ...], memoryview]]:
    """Return each unit of a frame and its stream, read when it is asked for."""
    return ((unit, source.read(start, end)) for unit, (start, end) in spans_of(header))
