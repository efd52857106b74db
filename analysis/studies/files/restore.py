"""From a file with a frame back to a file with a state."""

from dataclasses import replace
from pathlib import Path

from analysis.reporting.progress import Gauge, unseen
from analysis.studies.files.watching import Watched
from fedsz_privacy.codec.bounds import ErrorBound
from fedsz_privacy.codec.compressors import COMPRESSORS, DECODERS, Compressor, get_compressor
from fedsz_privacy.codec.frame import unpack
from fedsz_privacy.codec.header import FrameError, Header
from fedsz_privacy.codec.pipeline import FedSZ
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import one_line_for, open_atomically, require_file
from fedsz_privacy.core.state import StateDict, add
from fedsz_privacy.data.saving import write_state
from fedsz_privacy.data.wrappings import load_state


def read_frame(path: Path, max_bytes: int) -> tuple[Header, bytes]:
    """Return the header of a frame in a file, and the frame; nothing of it is decoded.

    Raises
    ------
    InputError
        If there is no such file, or it holds no intact frame.
    """
    require_file(path, "give what fedsz-privacy compress wrote")
    with one_line_for("read", path):
        frame = path.read_bytes()
    try:
        return unpack(frame, max_bytes)[0], frame
    except FrameError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


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
        raise InputError(f"the frame was made by {header.compressor!r}, which this release does not know")
    name = names[header.compressor]
    raise InputError(
        f"the frame was made by {name}, whose decoder is not safe on the bytes of others: if it is yours, give --trust "
        f"{name}"
    )


def restore(
    source: Path, target: Path, before: Path | None, trusted: str | None, max_bytes: int, gauge: Gauge = unseen
) -> StateDict:
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
        Most memory that decoding may take beside the frame.
    gauge : Gauge
        Shows how much is done.

    Returns
    -------
    StateDict
        What was written.

    Raises
    ------
    InputError
        If a file cannot be read or written, the frame is not intact or too large, or the two are not of one model.
    """
    header, frame = read_frame(source, max_bytes)
    fedsz = FedSZ(ErrorBound.rel(1), find_decoder(header, trusted), max_bytes=max_bytes)
    with gauge("decompress", sum(entry.nbytes for entry in header.entries)) as tell:
        try:
            state: StateDict = replace(fedsz, compressor=Watched(fedsz.compressor, tell)).decode(frame)
        except FrameError as error:
            raise InputError(f"{source} cannot be decoded: {error}") from error
    restored = add(load_state(before, state), state) if before else state
    with open_atomically(target) as file:
        write_state(restored, file, target)
    return restored
