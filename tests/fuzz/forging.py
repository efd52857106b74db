"""A frame taken apart into its fields, and put together again with right lengths, counts and checksum.

The writer is independent of the codec's own, so that it can write what that one refuses: any dtype code, any name, any
number.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import xxhash

from fedsz_privacy.codec.frame import HEADER_LENGTH, MAGIC, PREFIX, VERSION, unpack
from fedsz_privacy.codec.header import DTYPES
from fedsz_privacy.codec.held import encode_held


@dataclass(frozen=True)
class Tensor:
    """What a frame says of one tensor, and the stream it holds for it.

    Attributes
    ----------
    stream_size : int or None
        The size that is announced; None for the true one.
    """

    name: bytes
    code: int
    shape: tuple[int, ...]
    stream: bytes
    stream_size: int | None = None

    @property
    def nbytes(self) -> int:
        """Size of the decoded tensor in bytes; 0 of an unknown dtype."""
        return math.prod(self.shape) * DTYPES[self.code].itemsize if self.code < len(DTYPES) else 0

    def entry(self) -> bytes:
        """Return the bytes of the header's entry."""
        size = len(self.stream) if self.stream_size is None else self.stream_size
        return text(self.name) + bytes([self.code]) + b"".join(map(varint, (size, len(self.shape), *self.shape)))


@dataclass(frozen=True)
class Forgery:
    """A frame in parts.

    Attributes
    ----------
    rest : bytes
        The exact block, behind the streams: the tests' tensors fill no second one.
    count : int or None
        The number of tensors that is announced; None for the true one.
    round_code : int
        The round that it was predicted from, plus one; 0 for none.
    held : bytes
        What the frame says that it holds.
    version : int
        Version of the frame.
    """

    compressor: bytes
    lossless: bytes
    tensors: tuple[Tensor, ...]
    rest: bytes
    count: int | None = None
    round_code: int = 0
    held: bytes = b""
    version: int = VERSION

    def with_tensor(self, index: int, **changes: object) -> "Forgery":
        """Return the frame with one tensor changed."""
        changed = replace(self.tensors[index], **changes)  # type: ignore[arg-type]
        return replace(self, tensors=(*self.tensors[:index], changed, *self.tensors[index + 1 :]))

    def header(self) -> bytes:
        """Return the bytes of the header."""
        count = len(self.tensors) if self.count is None else self.count
        entries = b"".join(tensor.entry() for tensor in self.tensors)
        names = text(self.compressor) + text(self.lossless)
        block = varint(len(self.rest)) if self.rest else b""
        return names + varint(self.round_code) + varint(count) + entries + block + self.held

    def payload(self) -> bytes:
        """Return the streams and the lossless part."""
        return b"".join(tensor.stream for tensor in self.tensors) + self.rest

    def frame(self) -> bytes:
        """Return the frame, its lengths and checksum right."""
        return seal(self.header(), self.payload(), self.version)


Mutator = Callable[[Random, Forgery, Forgery], Forgery]
"""Takes a source of randomness, the frame, and another good one to steal from, and returns the frame changed.

Where there is nothing that it could change, the frame comes back as it is.
"""


def take_apart(frame: bytes) -> Forgery:
    """Return the parts of an intact frame."""
    header, payload = unpack(frame)
    tensors, start = [], 0
    for entry in header.entries:
        end = start + entry.stream_size
        stream = bytes(payload[start:end])
        tensors.append(Tensor(entry.name.encode(), DTYPES.index(entry.dtype), entry.shape, stream))
        start = end
    codecs = (header.compressor.encode(), header.lossless.encode())
    round_code = 0 if header.predicted_from is None else header.predicted_from + 1
    held = encode_held(header.held)
    return Forgery(*codecs, tuple(tensors), bytes(payload[start:]), round_code=round_code, held=held)


def seal(header: bytes, payload: bytes, version: int = VERSION) -> bytes:
    """Return the frame of a header and a payload, whatever they hold."""
    content = PREFIX.pack(MAGIC, version) + payload + header + HEADER_LENGTH.pack(len(header))
    return content + xxhash.xxh3_128(content).digest()


def text(data: bytes) -> bytes:
    """Return bytes behind their length."""
    return varint(len(data)) + data


def varint(number: int) -> bytes:
    """Return a number of any size as LEB128."""
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(high) if high else bytes([low])
