"""From a file with a frame back to a file with a state."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from analysis.reporting.progress import Gauge, unseen
from analysis.studies.files.given import added
from analysis.studies.files.limit import in_options
from analysis.studies.files.watching import watched
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors import COMPRESSORS, DECODERS, Compressor, get_compressor
from fedsz_privacy.codec.header import FrameError, Header
from fedsz_privacy.codec.held import Held, fingerprint
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.codec.streaming import header_of
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.saving import require_format, write_state
from fedsz_privacy.data.wrappings import load_state


def read_header(path: Path, max_bytes: int) -> Header:
    """Return the header of a frame in a file; nothing is decoded.

    Raises
    ------
    InputError
        If there is no such file, or it holds no intact frame.
    """
    with _one_line(path):
        return header_of(path, max_bytes)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except FrameError as error:
        raise InputError(f"{path} cannot be read: {in_options(error)}") from error


def find_decoder(header: Header, trusted: str | None) -> Compressor:
    """Return what decodes a frame.

    Parameters
    ----------
    header : Header
        What the frame says of itself.
    trusted : str or None
        A compressor, by a name of `COMPRESSORS`, whose decoder is not safe on hostile bytes, and that is trusted with
        these all the same.

    Raises
    ------
    InputError
        If the frame needs a decoder that is unknown, or not trusted.
    """
    made = get_compressor(trusted) if trusted else None
    if made and made.name == header.compressor:
        return made
    if header.compressor in DECODERS:
        return DECODERS[header.compressor]
    names = {make().name: name for name, make in COMPRESSORS.items()}
    if header.compressor not in names:
        raise InputError(f"the frame was made by {header.compressor[:40]!r}, which this release does not know")
    name = names[header.compressor]
    raise InputError(
        f"the frame was made by {name}, whose decoder is not safe on the bytes of others: if it is yours, give --trust "
        f"{name}"
    )


def restore(
    source: Path, target: Path, before: Path | None, trusted: str | None, max_bytes: int, gauge: Gauge = unseen
) -> Header:
    """Decode the frame in a file, add the state before it if there is one, and write the state by its file's suffix.

    Parameters
    ----------
    source, target : Path
        The frame, and the file of the state; what is there is replaced.
    before : Path or None
        The state that an update is to be added to.
    trusted : str or None
        See `find_decoder`.
    max_bytes : int
        Most memory that decoding may take beside the frame, for each tensor.
    gauge : Gauge
        Shows how much is done.

    Returns
    -------
    Header
        What the frame says of the state.

    Raises
    ------
    InputError
        If a file cannot be read or written, the frame is not intact or too large, or holds no update of that state.
    """
    require_format(target)
    header = read_header(source, max_bytes)
    fedsz = FedSZ(ErrorBound.rel(1), find_decoder(header, trusted), max_bytes=max_bytes)
    base = _load_base(before, header, source) if before else None
    with gauge("decompress", sum(entry.nbytes for entry in header.entries)) as tell, _one_line(source):
        decoded = watched(fedsz.decode_from(source), tell)
        write_state(header.entries, ((name, added(base, name, tensor)) for name, tensor in decoded), target)
    return header


def _load_base(before: Path, header: Header, source: Path) -> dict[str, Tensor]:
    """Return the state that the update in a frame is to be added to, known to be its own where the frame says which."""
    if header.held == Held():
        raise InputError(f"{source} holds a state and no update: leave out --before")
    base = load_state(before, _announced(header), of=source)
    if header.held is not None and header.held.base != fingerprint(base):
        raise InputError(f"{before} is not the state that {source} was compressed with: give that one as --before")
    return base


def _announced(header: Header) -> dict[str, Tensor]:
    """Return the tensors that a frame announces, without values."""
    return {each.name: torch.empty(each.shape, dtype=each.dtype, device="meta") for each in header.entries}
