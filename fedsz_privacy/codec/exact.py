"""The tensors of a frame that come back bit for bit: their raw bytes, a block of them through one lossless codec."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from torch import Tensor

from fedsz_privacy.codec.arrays import from_bytes, to_bytes
from fedsz_privacy.codec.header import Entry, Header, grouped
from fedsz_privacy.codec.lossless import LOSSLESS, Lossless
from fedsz_privacy.core.state import StateDict


def raw(tensors: Iterable[Tensor]) -> bytes:
    """Return the raw bytes of a block."""
    return b"".join(map(to_bytes, tensors))


def with_blocks(header: Header, state: StateDict, streams: Mapping[str, bytes]) -> tuple[Header, list[bytes]]:
    """Return a header that names the blocks of a state's exact tensors, and all streams in their order.

    Parameters
    ----------
    header : Header
        Whose entries have the sizes of their streams, 0 of the exact tensors.
    state : StateDict
        All tensors.
    streams : mapping from str to bytes
        The streams of the lossy ones.
    """
    lossless = LOSSLESS[header.lossless]
    units = grouped(header.entries, lambda entry: entry.stream_size > 0, lambda entry: entry.nbytes)
    coded = [
        (unit, streams.get(unit[0].name) or lossless.compress(raw(state[entry.name] for entry in unit)))
        for unit in units
    ]
    blocks = tuple(len(stream) for unit, stream in coded if not unit[0].stream_size)
    return replace(header, blocks=blocks), [stream for _, stream in coded]


def decode_exact(entries: Sequence[Entry], stream: memoryview, lossless: Lossless) -> dict[str, Tensor]:
    """Return the tensors of a block by name.

    Raises
    ------
    ValueError
        If the stream does not hold what the entries announce.
    """
    sizes = [entry.nbytes for entry in entries]
    raw = memoryview(lossless.decompress(stream, sum(sizes)))
    places = pairwise(accumulate(sizes, initial=0))
    return {
        entry.name: from_bytes(raw[start:end], entry.dtype, entry.shape)
        for entry, (start, end) in zip(entries, places, strict=True)
    }
