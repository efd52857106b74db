"""A frame as a table: its lossy tensors one by one, the exact ones together or one by one, and the whole."""

from collections.abc import Mapping

from analysis.reporting.numbers import count, significant
from analysis.reporting.page import Lines
from analysis.reporting.table import Row, Table
from fedsz_privacy.codec.frame import VERSION
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.held import Held
from fedsz_privacy.codec.streaming import Encoded
from fedsz_privacy.core.errors import printable

COLUMNS = ("tensor", "shape", "dtype", "bytes", "compressed", "ratio")
UNKNOWN = "-"
SHARED = "Exact tensors share streams, so that they have no compressed sizes of their own."
NOTE = "Bounds and errors are absolute."
UNVERIFIED = f"{NOTE} --verify finds the errors."


def encoded_table(encoded: Encoded, errors: Mapping[str, float]) -> Table:
    """Return what became of each lossy tensor, with its absolute bound and, where it was checked, its greatest error.

    Parameters
    ----------
    encoded : Encoded
        What was written.
    errors : mapping of str to float
        Greatest errors of lossy tensors, in their own unit; none where none were looked for.
    """
    header, bounds = encoded.header, encoded.bounds
    rows = [
        (*_entry(each), significant(bounds[each.name]), *([significant(errors[each.name])] if errors else []))
        for each in header.entries
        if each.stream_size
    ]
    exact = [(*_exact(header), "exact", *(["0"] if errors else []))] if header.blocks else []
    whole = (*_whole(header, encoded.nbytes), "", *([""] if errors else []))
    note, columns = (NOTE, ("bound", "greatest error")) if errors else (UNVERIFIED, ("bound",))
    return Table("What became of each tensor", note, (*COLUMNS, *columns), [*rows, *exact, whole])


def tensor_rows(header: Header, bounds: Mapping[str, float], errors: Mapping[str, float]) -> list[Row]:
    """Return one row of plain values for each tensor of a frame; exact tensors have no stream of their own, but share.

    Parameters
    ----------
    header : Header
        What the frame announces.
    bounds, errors : mapping of str to float
        Absolute bounds and greatest errors of lossy tensors, as far as they are known.
    """
    return [
        {
            "name": each.name,
            "shape": list(each.shape),
            "dtype": str(each.dtype).removeprefix("torch."),
            "nbytes": each.nbytes,
            "compressed_nbytes": each.stream_size or None,
            "bound": bounds.get(each.name),
            "greatest_error": errors.get(each.name),
        }
        for each in header.entries
    ]


def to_object(header: Header, frame_bytes: int) -> dict[str, object]:
    """Return a frame as plain values: what it says of itself as a whole, and of each tensor."""
    held = header.held
    return {
        "version": VERSION,
        "holds": None if held is None else "state" if held.base is None else "update",
        "base": held.base.hex() if held and held.base else None,
        "compressor": header.compressor,
        "lossless": header.lossless,
        "predicted_from": header.predicted_from,
        "nbytes": sum(entry.nbytes for entry in header.entries),
        "compressed_nbytes": frame_bytes,
        "tensors": [
            {**row, "lossy": bool(entry.stream_size)}
            for row, entry in zip(tensor_rows(header, {}, {}), header.entries, strict=True)
        ],
    }


def header_lines(header: Header) -> Lines:
    """Return what a frame says of itself as a whole."""
    stands = "" if header.predicted_from is None else f", predicted from the average of round {header.predicted_from}"
    codecs = f"compressor {printable(header.compressor)}, lossless codec {printable(header.lossless)}"
    whole = f"{codecs}, {count(len(header.entries), 'tensor')}{stands}"
    return Lines(f"FedSZ frame, version {VERSION}", (whole, f"holds {held_words(header.held)}"))


def held_words(held: Held | None) -> str:
    """Return what a frame says that it holds."""
    if held is None:
        return "a state or an update: it does not say which"
    return "a state" if held.base is None else f"an update of the state with the fingerprint {held.base.hex()}"


def header_table(header: Header, frame_bytes: int) -> Table:
    """Return every tensor that a frame announces, in its order; exact ones share streams, and have no sizes alone."""
    rows = [(*_entry(each), "lossy" if each.stream_size else "exact") for each in header.entries]
    exact = [(*_exact(header), "")] if header.blocks else []
    whole = (*_whole(header, frame_bytes), "")
    return Table("What the frame announces", SHARED, (*COLUMNS, "kept"), [*rows, *exact, whole])


def _entry(entry: Entry) -> tuple[str, ...]:
    sizes = _sizes(entry.nbytes, entry.stream_size) if entry.stream_size else (f"{entry.nbytes:,}", UNKNOWN, UNKNOWN)
    return (printable(entry.name), str(entry.shape), str(entry.dtype).removeprefix("torch."), *sizes)


def _exact(header: Header) -> tuple[str, ...]:
    exact = [entry for entry in header.entries if not entry.stream_size]
    return (count(len(exact), "exact tensor"), "", "", *_sizes(sum(each.nbytes for each in exact), sum(header.blocks)))


def _whole(header: Header, frame_bytes: int) -> tuple[str, ...]:
    return ("whole frame", "", "", *_sizes(sum(entry.nbytes for entry in header.entries), frame_bytes))


def _sizes(before: int, after: int) -> tuple[str, str, str]:
    return f"{before:,}", f"{after:,}", f"{before / after:.2f}"
