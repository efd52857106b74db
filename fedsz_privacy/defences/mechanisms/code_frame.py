"""Integer codes on the wire: in a frame like that of FedSZ, where all that is not a float travels as it is."""

from collections.abc import Container, Mapping
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedsz_privacy.codec.carrying import carried
from fedsz_privacy.codec.exact import decode_exact, with_blocks
from fedsz_privacy.codec.frame import FrameInMemory, pack, read_header, streams_of
from fedsz_privacy.codec.header import Entry, FrameError, Header
from fedsz_privacy.codec.integer_codes import decode_integers, encode_integers, narrowest
from fedsz_privacy.codec.lossless import ZSTD
from fedsz_privacy.codec.lossy import THRESHOLD
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms.quantiser import Codes

NAME = "int"
"""What a frame calls them: no compressor that `FedSZ.decode` knows, for without the randomness they say little."""


def pack_codes(codes: Mapping[str, Codes], others: StateDict) -> bytes:
    """Return the frame of codes, and of tensors of other names that travel as they are.

    The codes of more than `THRESHOLD` coordinates have a stream of their own; fewer are smaller in one block with all
    else.
    """
    streams = {name: encode_integers(each) for name, each in codes.items() if each.size > THRESHOLD}
    few = {name: torch.from_numpy(narrowest(each)) for name, each in codes.items() if name not in streams}
    exact = {**few, **carried(others)}
    entries = (
        *(Entry(name, torch.float64, codes[name].shape, len(stream)) for name, stream in streams.items()),
        *(Entry(name, tensor.dtype, tuple(tensor.shape), 0) for name, tensor in exact.items()),
    )
    return pack(*with_blocks(Header(NAME, ZSTD.name, entries), exact, streams))


def unpack_codes(frame: bytes, names: Container[str]) -> tuple[dict[str, NDArray[np.int64]], dict[str, Tensor]]:
    """Return the codes of tensors of the given names, flat, and the other tensors as they are.

    Raises
    ------
    FrameError
        If the frame is not intact, or holds something else.
    """
    source = FrameInMemory(memoryview(frame))
    header = read_header(source)
    if (header.compressor, header.lossless) != (NAME, ZSTD.name):
        raise FrameError(f"frame was made by {header.compressor!r}, {header.lossless!r}, and holds no codes")
    codes: dict[str, NDArray[np.int64]] = {}
    exact: dict[str, Tensor] = {}
    try:
        for unit, stream in streams_of(header, source):
            if unit[0].stream_size:
                codes[unit[0].name] = decode_integers(bytes(stream), prod(unit[0].shape))
            else:
                exact |= decode_exact(unit, stream, ZSTD)
    except ValueError as error:
        raise FrameError(f"frame does not hold what it announces: {error}") from error
    codes |= {name: each.numpy().astype(np.int64) for name, each in exact.items() if name in names}
    return codes, {name: each for name, each in exact.items() if name not in names}
