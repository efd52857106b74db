"""The tensors of a frame that come back bit for bit: their raw bytes, through one lossless codec together."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from torch import Tensor

from fedsz_privacy.codec.arrays import from_bytes, to_bytes
from fedsz_privacy.codec.frame import Entry
from fedsz_privacy.codec.lossless import Lossless


def encode_exact(tensors: Iterable[Tensor], lossless: Lossless) -> bytes:
    """Return the stream of some tensors."""
    return lossless.compress(b"".join(map(to_bytes, tensors)))


def decode_exact(entries: Sequence[Entry], stream: memoryview, lossless: Lossless) -> dict[str, Tensor]:
    """Return the tensors of a stream by name.

    Raises
    ------
    ValueError
        If the stream does not hold what the entries announce.
    """
    sizes = [entry.nbytes for entry in entries]
    raw = lossless.decompress(stream, sum(sizes))
    pieces = cut(memoryview(raw), sizes)[:-1]
    return {
        entry.name: from_bytes(piece, entry.dtype, entry.shape) for entry, piece in zip(entries, pieces, strict=True)
    }


def cut(data: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """Cut pieces of the given sizes off the front, and return them and the rest."""
    return [data[start:end] for start, end in pairwise([*accumulate(sizes, initial=0), len(data)])]
