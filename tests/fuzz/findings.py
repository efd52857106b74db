"""What the fuzzer found, each by a small frame that shows it, with the ``max_bytes`` under which it is decoded."""

import struct
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import torch

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.codec.frame import pack
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.lossless import LOSSLESS, ZSTD
from fedsz_privacy.codec.names import SZ3_ALGORITHMS
from fuzz import inner
from fuzz.corpus import TRUSTED, as_sz3
from fuzz.forging import take_apart

Finding = Callable[[], tuple[bytes, int]]

SMALL, LARGE = 2**20, 2**22
GREEDY = 2**25
"""What a stream asks for: more than any limit here, and little enough for the machine."""

ANY_SIZE = 2**40
MULTIPLES = (1, 3, 10)
"""``max_bytes`` in units of the state: too little for some decoders, enough for all."""

EMPTY_SHAPES = ((0, 2**32, 2**32), (2**32, 2**32, 0, 3), (2**62, 0), (2**40, 0, 2**40))
DTYPES = (torch.int8, torch.float64)
SIZES = (0, 2**40, 2**64 - 1)


def forged(compressor: str, edit: inner.Edit) -> tuple[bytes, int]:
    """Return the frame of a line of 1,024 values whose stream is edited."""
    fedsz = FedSZ(ErrorBound.rel(1e-2), get_compressor(compressor))
    frame = as_sz3(take_apart(fedsz.encode({"weight": torch.linspace(0, 1, 1024)})))
    return frame.with_tensor(0, stream=edit(frame.tensors[0].stream)).frame(), SMALL


def counted(compressor: str, offset: int) -> tuple[bytes, int]:
    """Return a frame with a great number at an offset inside SZ3's zstd frame."""
    count = struct.pack("<I", GREEDY // 4)
    return forged(compressor, lambda data: inner.edit_sz3(data, lambda raw: raw[:offset] + count + raw[offset + 4 :]))


def padded(compressor: str) -> tuple[bytes, int]:
    """Return a frame with zeros behind what lies inside SZ3's zstd frame."""
    return forged(compressor, lambda data: inner.edit_sz3(data, lambda raw: raw + bytes(GREEDY)))


def announced(compressor: str, size: int) -> tuple[bytes, int]:
    """Return a frame with another size of what lies inside SZ3's zstd frame."""
    return forged(compressor, lambda data: inner.announce_sz3(data, size))


def empty(shape: tuple[int, ...], dtype: torch.dtype) -> tuple[bytes, int]:
    """Return the frame of one empty tensor."""
    nothing = ZSTD.compress(b"")
    return pack(Header("sz3", "zstd", (Entry("b", dtype, shape, 0),), (len(nothing),)), [nothing]), SMALL


def many(count: int) -> tuple[bytes, int]:
    """Return the frame of many empty tensors."""
    entries = tuple(Entry(str(number), torch.float32, (0,), 0) for number in range(count))
    nothing = ZSTD.compress(b"")
    return pack(Header("sz3", "zstd", entries, (len(nothing),)), [nothing]), SMALL


def large(compressor: str, dtype: torch.dtype, holed: bool, multiple: int) -> tuple[bytes, int]:
    """Return the good frame of 4 MiB of noise, one in a hundred NaN on request."""
    return _noise(compressor, dtype, holed), multiple * LARGE


def exact(lossless: str, dtype: torch.dtype, multiple: int) -> tuple[bytes, int]:
    """Return the good frame of 4 MiB that are kept exactly."""
    fedsz = FedSZ(ErrorBound.abs(1e-2), lossless=LOSSLESS[lossless], threshold=LARGE, max_bytes=ANY_SIZE)
    return fedsz.encode({"b": torch.zeros(LARGE // dtype.itemsize, dtype=dtype)}), multiple * LARGE


@lru_cache(maxsize=1)
def _noise(compressor: str, dtype: torch.dtype, holed: bool) -> bytes:
    values = np.random.default_rng(0).normal(size=LARGE // dtype.itemsize).astype(np.float32)
    values[:: 100 if holed else LARGE] = np.nan
    fedsz = FedSZ(ErrorBound.abs(0.1), get_compressor(compressor), max_bytes=ANY_SIZE)
    return fedsz.encode({"weight": torch.from_numpy(values).to(dtype)})


FINDINGS: dict[str, Finding] = {
    **{f"count inside lorenzo_reg at {at}": partial(counted, "lorenzo_reg", at) for at in (71, 124)},
    **{f"zeros inside {name}": partial(padded, name) for name in SZ3_ALGORITHMS},
    **{f"{size} bytes inside {name}": partial(announced, name, size) for name in SZ3_ALGORITHMS for size in SIZES},
    **{f"empty {shape} of {dtype}": partial(empty, shape, dtype) for shape in EMPTY_SHAPES for dtype in DTYPES},
    "50,000 empty tensors": partial(many, 50_000),
}
"""Hostile frames by what they are."""

GOOD_FRAMES: dict[str, Finding] = {
    **{
        f"{multiple} x {dtype} by {name}{' with exceptions' * holed}": partial(large, name, dtype, holed, multiple)
        for name in TRUSTED
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
        for holed in (False, True)
        for multiple in MULTIPLES
    },
    **{
        f"{multiple} x {dtype} by {name}": partial(exact, name, dtype, multiple)
        for name in LOSSLESS
        for dtype in DTYPES
        for multiple in MULTIPLES
    },
}
"""Good frames, and how many times their state ``max_bytes`` is."""
