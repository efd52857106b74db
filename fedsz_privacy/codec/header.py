"""What a frame says of itself: the codecs, the tensors in order, and the sizes of the streams that hold them.

Bytes: name of the compressor | name of the lossless codec | round predicted from, plus one, or 0 | number of tensors |
tensors | sizes of the exact blocks | what it holds (`held`), if it says so. A tensor is its name | code of its dtype |
size of its stream | number of dimensions | shape. Numbers are LEB128, the code u8, a text its length and UTF-8.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch

from fedsz_privacy.codec.held import Held, decode_held, encode_held

MAX_DIMENSIONS = 64
MAX_VARINT_BYTES = 9
MAX_NBYTES = 2**63 - 1

BLOCK = 2**22
"""Bytes from which on an exact block is full."""

DTYPES: tuple[torch.dtype, ...] = (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool, torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64,
)  # fmt: skip
"""Dtypes by their code on the wire; append, never reorder."""

T = TypeVar("T")


class FrameError(ValueError):
    """The bytes are not an intact frame that this version can read."""


@dataclass(frozen=True)
class OverLimit:
    """What an error of too much memory says, apart, for whoever calls the limit otherwise than ``max_bytes``.

    Attributes
    ----------
    takes : str
        What takes how many bytes.
    max_bytes : int
        How many are allowed.
    remedy : str
        What to do, after a colon.
    """

    takes: str
    max_bytes: int
    remedy: str = ""

    def of(self, limit: str) -> str:
        """Return it in one line, under what the limit is called."""
        return f"{self.takes}; {limit} allows {self.max_bytes}{self.remedy}"

    def __str__(self) -> str:
        return self.of("max_bytes")


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
    """What a frame says of itself.

    Attributes
    ----------
    compressor, lossless : str
        Names of the codecs.
    entries : tuple of Entry
        The tensors in order.
    blocks : tuple of int
        Sizes in bytes of the streams of the exact blocks, in order.
    predicted_from : int or None
        The round whose average the frame was predicted from; None if it can be decoded without memory of any.
    held : Held or None
        Whether it holds a state or an update, and of what; None where it does not say, as between clients and a server.
    """

    compressor: str
    lossless: str
    entries: tuple[Entry, ...]
    blocks: tuple[int, ...] = ()
    predicted_from: int | None = None
    held: Held | None = None

    def units(self) -> Iterator[tuple[tuple[Entry, ...], int]]:
        """Return what each stream of the payload holds, one lossy tensor or a block of exact ones, and its size."""
        blocks = iter(self.blocks)
        for unit in grouped(self.entries, lambda entry: entry.stream_size > 0, lambda entry: entry.nbytes):
            yield unit, unit[0].stream_size or next(blocks)


def grouped(tensors: Iterable[T], is_lossy: Callable[[T], bool], nbytes: Callable[[T], int]) -> Iterator[tuple[T, ...]]:
    """Return lossy tensors one by one, and the exact ones in blocks, each as soon as it has `BLOCK` bytes."""
    block: list[T] = []
    size = 0
    for tensor in tensors:
        if is_lossy(tensor):
            yield (tensor,)
            continue
        block.append(tensor)
        size += nbytes(tensor)
        if size >= BLOCK:
            yield tuple(block)
            block, size = [], 0
    if block:
        yield tuple(block)


def encode_header(header: Header) -> bytes:
    """Return the bytes of a header."""
    round_code = 0 if header.predicted_from is None else header.predicted_from + 1
    parts = [_text(header.compressor), _text(header.lossless), _varint(round_code), _varint(len(header.entries))]
    for entry in header.entries:
        dimensions = (entry.stream_size, len(entry.shape), *entry.shape)
        parts += [_text(entry.name), bytes([DTYPES.index(entry.dtype)]), *map(_varint, dimensions)]
    return b"".join((*parts, *map(_varint, header.blocks), encode_held(header.held)))


def decode_header(data: bytes) -> Header:
    """Return the header of some bytes.

    Raises
    ------
    FrameError
        If they are not one, or it contradicts itself.
    """
    reader = _Reader(data)
    compressor, lossless, round_code, count = reader.text(), reader.text(), reader.varint(), reader.varint()
    entries = tuple(reader.entry() for _ in range(reader.at_most(count, len(data), "tensors")))
    exact = (entry for entry in entries if not entry.stream_size)
    blocks = tuple(reader.varint() for _ in grouped(exact, lambda _: False, lambda entry: entry.nbytes))
    try:
        held = decode_held(data[reader.position :])
    except ValueError as error:
        raise FrameError("frame's header is longer than its entries") from error
    if len({entry.name for entry in entries}) != count:
        raise FrameError("frame names a tensor twice")
    return Header(compressor, lossless, entries, blocks, round_code - 1 if round_code else None, held)


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
        start = self.position
        self.position = end = start + size
        if end > len(self.data):
            raise FrameError("frame's header ends in the middle of an entry")
        return self.data[start:end]

    def varint(self) -> int:
        start = self.position
        # Most numbers are one byte.
        if start < len(self.data) and (byte := self.data[start]) < 0x80:
            self.position = start + 1
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
        code = self.take(1)[0]
        dtype = DTYPES[self.at_most(code, len(DTYPES) - 1, "as a dtype code")]
        stream_size = self.varint()
        if stream_size and not dtype.is_floating_point:
            raise FrameError(f"frame compresses {name!r} lossily although its dtype is {dtype}")
        dimensions = self.at_most(self.varint(), MAX_DIMENSIONS, "dimensions")
        shape = tuple([self.varint() for _ in range(dimensions)])
        if math.prod(filter(None, shape)) * dtype.itemsize > MAX_NBYTES:
            raise FrameError(f"frame announces {name!r} of shape {shape}, which no tensor can have")
        return Entry(name, dtype, shape, stream_size)
