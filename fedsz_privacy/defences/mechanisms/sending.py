"""Updates through codecs that take the floats of every tensor, in the frame that FedSZ has.

All float tensors pass the codec, small ones and biases too, as the papers of these codecs have it. Integers, bools and
complex numbers travel bit for bit; so does a float tensor that is empty, or holds NaN or an infinity.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from time import perf_counter

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.codec.arrays import to_array, to_tensor
from fedsz_privacy.codec.budget import width_of
from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.codec.exact import decode_exact, with_blocks
from fedsz_privacy.codec.frame import FrameInMemory, pack, read_header, streams_of
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.lossless import ZSTD
from fedsz_privacy.core.state import StateDict, is_finite
from fedsz_privacy.defences.release import Released

Values = NDArray[np.floating]


@dataclass(frozen=True)
class Codec:
    """A codec of the float tensors of an update.

    Parameters
    ----------
    name : str
        What a frame calls it.
    encode : callable
        From flat arrays, float32 or float64, none of them empty and all finite, and a generator, to a stream for each.
        All that decoding needs is in the streams, and no stream is empty.
    decode : callable
        From a stream, the number of its elements and the dtype of their array to their values, a flat float array.
    bound : callable, optional
        From a stream to the largest error of an element, in the update's own unit.
    """

    name: str
    encode: Callable[[Sequence[Values], Generator], list[bytes]]
    decode: Callable[[bytes, int, np.dtype[np.floating]], Values]
    bound: Callable[[bytes], float] | None = None


def each_alone(encode: Callable[[Values, Generator], bytes]) -> Callable[[Sequence[Values], Generator], list[bytes]]:
    """Return the encoder of an update that encodes every array by itself."""
    return lambda arrays, generator: [encode(array, generator) for array in arrays]


def send(codec: Codec, update: StateDict, generator: Generator) -> Released:
    """Return what the frame of an update decodes to, and the frame's size."""
    start = perf_counter()
    frame = encode(codec, update, generator)
    sent = perf_counter()
    decoded, bounds = decode(codec, frame)
    return Released(decoded, len(frame), bounds, sent - start, perf_counter() - sent)


def encode(codec: Codec, update: StateDict, generator: Generator) -> bytes:
    """Return the frame of an update."""
    state = carried(update)
    coded = [name for name, tensor in state.items() if is_coded(tensor)]
    found = codec.encode([to_array(state[name]).reshape(-1) for name in coded], generator)
    streams = dict(zip(coded, found, strict=True))
    entries = tuple(Entry(name, t.dtype, tuple(t.shape), len(streams.get(name, b""))) for name, t in state.items())
    return pack(*with_blocks(Header(codec.name, ZSTD.name, entries), state, streams))


def decode(codec: Codec, frame: bytes) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Return the update of a frame, and the bounds of what the codec changed."""
    source = FrameInMemory(memoryview(frame))
    header = read_header(source)
    tensors: dict[str, Tensor] = {}
    bounds: dict[str, float] = {}
    for unit, stream in streams_of(header, source):
        entry = unit[0]
        if not entry.stream_size:
            tensors |= decode_exact(unit, stream, ZSTD)
            continue
        tensors[entry.name] = _restored(codec.decode(bytes(stream), prod(entry.shape), width_of(entry)), entry)
        if codec.bound:
            bounds[entry.name] = codec.bound(bytes(stream))
    return {entry.name: tensors[entry.name] for entry in header.entries}, bounds


def is_coded(tensor: Tensor) -> bool:
    """Return whether a tensor passes the codec."""
    return tensor.is_floating_point() and bool(tensor.numel()) and is_finite(tensor)


def _restored(values: Values, entry: Entry) -> Tensor:
    """Return values as the tensor that they stand for; those beyond its dtype become its greatest."""
    width = width_of(entry)
    limit = np.finfo(width).max
    return to_tensor(np.clip(values, -limit, limit).astype(width).reshape(entry.shape), entry.dtype)
