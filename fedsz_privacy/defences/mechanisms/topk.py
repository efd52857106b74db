"""The largest numbers of an update, and nothing else (Aji and Heafield, EMNLP 2017; Stich et al., NeurIPS 2018)."""

import math
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.codec.byte_planes import decode_planes, encode_planes
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.core.ranges import Range, require_in
from fedsz_privacy.defences.mechanisms.sending import Codec, Values
from fedsz_privacy.defences.mechanisms.unproved import without_guarantee
from fedsz_privacy.defences.release import Release

SHARE = Range(1e-6, 1)
HEAD = struct.Struct("<QQ")
"""How many numbers are kept, and bytes of the stream of their places."""

GAP = np.dtype(np.int64)


def topk(share: float) -> Release:
    r"""Return the release of the k numbers of largest magnitude of an update, :math:`k = \lceil share \cdot d \rceil`.

    They are the largest of all d float coordinates of the update, not of each tensor: this is the compressor that the
    theory is about, with :math:`\|x - C(x)\|^2 \le (1 - k/d) \|x\|^2` for the whole update, and it loses the least of
    all that keep as many. Tensors of small numbers wait for error feedback. Places travel as gaps between them, and
    values in full, both as planes of bytes through zstd.

    Raises
    ------
    InputError
        If the share is not from 1e-6 to 1.
    """
    require_in(SHARE, share, "topk share")
    codec = Codec("topk", lambda arrays, _: _encode(arrays, share), _decode)
    return without_guarantee(
        f"topk:share={write_shortest(share)}",
        codec,
        "which numbers are largest, and their values, follow from the update without chance, so neighbouring updates "
        "that decode differently are told apart for certain",
    )


def _encode(arrays: Sequence[Values], share: float) -> list[bytes]:
    sizes = [array.size for array in arrays]
    magnitudes = np.concatenate([np.abs(array, dtype=np.float64) for array in arrays] or [np.zeros(0)])
    kept = np.zeros(magnitudes.size, bool)
    count = math.ceil(share * magnitudes.size)
    kept[np.argpartition(magnitudes, magnitudes.size - count)[magnitudes.size - count :]] = True
    masks = np.split(kept, np.cumsum(sizes)[:-1]) if sizes else []
    return [_sparse(array, np.flatnonzero(mask)) for array, mask in zip(arrays, masks, strict=True)]


def _sparse(array: Values, places: NDArray[np.int64]) -> bytes:
    gaps = encode_planes(np.diff(places, prepend=-1) - 1)
    return HEAD.pack(places.size, len(gaps)) + gaps + encode_planes(array[places])


def _decode(stream: bytes, size: int, dtype: np.dtype[np.floating]) -> Values:
    count, length = HEAD.unpack_from(stream)
    gaps, kept = stream[HEAD.size : HEAD.size + length], stream[HEAD.size + length :]
    places = np.cumsum(decode_planes(gaps, count, GAP).astype(np.int64) + 1) - 1
    values = np.zeros(size, dtype)
    values[places] = decode_planes(kept, count, dtype)
    return values
