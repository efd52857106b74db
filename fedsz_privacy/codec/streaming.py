"""Frames in files, of states that may be larger than memory: one tensor at a time on both ends."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from os import fstat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from torch import Tensor

from fedsz_privacy.codec.budget import streamed_memory_of
from fedsz_privacy.codec.compressors.base import Compressor
from fedsz_privacy.codec.frame import HEADER_MEMORY, Source, Writer, payload_size, read_header, spans_of
from fedsz_privacy.codec.header import MAX_NBYTES, Entry, FrameError, Header, OverLimit
from fedsz_privacy.codec.held import Held
from fedsz_privacy.codec.lossless import LOSSLESS, Lossless
from fedsz_privacy.codec.lossy import warn_by_counts
from fedsz_privacy.codec.names import NO_FRAME
from fedsz_privacy.codec.pieces import Noted, Unit, tasks_of
from fedsz_privacy.codec.units import decode_unit
from fedsz_privacy.codec.workers import in_order
from fedsz_privacy.core.files import one_line_for, open_atomically, require_file
from fedsz_privacy.core.state import StateDict

if TYPE_CHECKING:
    from fedsz_privacy.codec.pipeline import FedSZ


@dataclass(frozen=True)
class Encoded:
    """What was written to a file.

    Attributes
    ----------
    header : Header
        What the frame says of itself.
    nbytes : int
        Its size.
    bounds : dict of str to float
        Absolute error bounds of the tensors that may change, in their own unit.
    """

    header: Header
    nbytes: int
    bounds: dict[str, float]


@dataclass(frozen=True)
class File:
    """A frame in a file that is open, which nobody may write to meanwhile."""

    file: BinaryIO
    size: int
    modified: int

    @classmethod
    def of(cls, file: BinaryIO) -> "File":
        """Return the frame that an open file holds now."""
        file.flush()
        status = fstat(file.fileno())
        return cls(file, status.st_size, status.st_mtime_ns)

    def read(self, start: int, end: int) -> memoryview:
        """Return a copy of a range."""
        self.file.seek(start)
        data = self.file.read(end - start)
        if len(data) != end - start or fstat(self.file.fileno()).st_mtime_ns != self.modified:
            raise FrameError("frame's file changed while it was read")
        return memoryview(data)


@contextmanager
def opened(path: Path) -> Iterator[File]:
    """Open a file that holds a frame.

    Raises
    ------
    InputError
        If there is none, or it cannot be read.
    """
    require_file(path, NO_FRAME)
    with one_line_for("read", path), path.open("rb") as file:
        yield File.of(file)


def header_of(path: Path, max_bytes: int = MAX_NBYTES) -> Header:
    """Return the header of a frame in a file, after all of the file was compared with its checksum; see `read_header`.

    Raises
    ------
    InputError
        If the file cannot be read.
    FrameError
        If it is no intact frame.
    """
    with opened(path) as source:
        return read_header(source, max_bytes)


def encode_to(fedsz: "FedSZ", state: StateDict, path: Path) -> Encoded:
    """Write the frame of a state to a file; see `FedSZ.encode_to`."""
    with open_atomically(path) as file:
        return write_frame(fedsz, state, file)


def write_frame(fedsz: "FedSZ", state: StateDict, file: BinaryIO, held: Held | None = None) -> Encoded:
    """Write the frame of a state to an open, empty file, with what it is to say of itself; see `FedSZ.encode_to`."""
    passed: list[Noted] = []
    blocks: list[int] = []
    needed = 0
    writer = Writer(file)
    for unit, stream in in_order(tasks_of(fedsz, state), fedsz.workers):
        writer.put(stream)
        written = [_with_size(noted, len(stream)) for noted in unit]
        unit_entries = [noted.entry for noted in written]
        needed = max(needed, streamed_memory_of(unit_entries, memoryview(stream), fedsz.compressor))
        fedsz.require_room(needed, f"{_named(unit)} takes {needed} bytes or more to decode")
        passed += written
        blocks += [] if unit[0].is_lossy else [len(stream)]
    passed.sort(key=lambda noted: noted.place)
    entries = tuple(each.entry for each in passed)
    header = Header(fedsz.compressor.name, fedsz.lossless.name, entries, tuple(blocks), held=held)
    writer.close(header)
    nbytes = file.tell()
    peak = lasting_of(header, nbytes) + needed
    fedsz.require_room(peak, f"frame takes {peak} bytes to decode one by one")
    warn_by_counts([noted.count for noted in passed])
    return Encoded(header, nbytes, {noted.entry.name: noted.bound for noted in passed if noted.bound > 0})


def _named(unit: Unit) -> str:
    """Return what a stream holds: a tensor, or the first of a block and how many more."""
    first, others = unit[0].entry.name, len(unit) - 1
    return f"tensor {first!r}" + (f" in one block with {others} more" if others else "")


def _with_size(noted: Noted, size: int) -> Noted:
    return replace(noted, entry=replace(noted.entry, stream_size=size)) if noted.is_lossy else noted


def decode_from(fedsz: "FedSZ", path: Path) -> Iterator[tuple[str, Tensor]]:
    """Return the tensors of a frame in a file one by one; see `FedSZ.decode_from`."""
    with opened(path) as source:
        yield from tensors_of(fedsz, source)


def tensors_of(fedsz: "FedSZ", source: Source) -> Iterator[tuple[str, Tensor]]:
    """Return the tensors of a frame one by one; see `FedSZ.decode_from`."""
    header = read_header(source, fedsz.max_bytes)
    decoder = fedsz.decoder_of(header)
    require = partial(_require_room, lasting_of(header, source.size), fedsz.max_bytes)
    places = {entry.name: place for place, entry in enumerate(header.entries)}
    spans = iter(sorted(spans_of(header), key=lambda span: places[span[0][0].name]))
    held: dict[str, Tensor] = {}
    for entry in header.entries:
        if entry.name not in held:
            unit, span = next(spans)
            held |= _decode(unit, span, source, decoder, LOSSLESS[header.lossless], require)
        yield entry.name, held.pop(entry.name)


def _decode(
    unit: Sequence[Entry],
    span: tuple[int, int],
    source: Source,
    decoder: Compressor,
    lossless: Lossless,
    require: Callable[[int], None],
) -> dict[str, Tensor]:
    start, end = span
    require(end - start)
    stream = source.read(start, end)
    try:
        require(streamed_memory_of(unit, stream, decoder))
        return decode_unit(unit, stream, decoder, lossless)
    except FrameError:
        raise
    except ValueError as error:
        raise FrameError(f"frame does not hold what it announces: {error}") from error


def _require_room(lasting: int, max_bytes: int, size: int) -> None:
    if lasting + size > max_bytes:
        raise FrameError(OverLimit(f"frame takes {lasting + size} bytes to decode one by one", max_bytes))


def lasting_of(header: Header, size: int) -> int:
    """Return the bytes that are there beside one stream and its tensor: the header's, and the largest block's."""
    blocks = (unit for unit, _ in header.units() if not unit[0].stream_size)
    largest = max((sum(entry.nbytes for entry in unit) for unit in blocks), default=0)
    return HEADER_MEMORY * (size - payload_size(header)) + largest
