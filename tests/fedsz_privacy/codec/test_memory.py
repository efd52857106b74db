"""What decoding takes at its peak, measured from outside, against what it is allowed."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile import edited, frame_of, inner, with_inner

from fedsz_privacy import ErrorBound, FedSZ, FrameError
from fedsz_privacy.codec.budget import memory_of, streamed_memory_of
from fedsz_privacy.codec.compressors import SZ3, ZFP, Auto, Quantiser, Scaled, SZx
from fedsz_privacy.codec.compressors.exceptions import pack as packed
from fedsz_privacy.codec.compressors.sz3_stream import UNCOUNTED
from fedsz_privacy.codec.frame import FrameInMemory, pack, payload_size, read_header, streams_of
from fedsz_privacy.codec.header import Entry, Header
from fedsz_privacy.codec.lossless import LOSSLESS, ZSTD
from fedsz_privacy.codec.streaming import lasting_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux's /proc")

FACTOR, FIXED = 1.25, 32 * 2**20
"""The factor and the fixed amount that SECURITY.md states."""

ELEMENTS = 2_000_000

BOMB = 2**28
"""Bytes that a hostile frame unpacks to: eight times the fixed amount, so that whoever unpacks it is found."""

MEASURE = """
import ctypes, gc, json, sys, warnings
from pathlib import Path
from fedsz_privacy import ErrorBound, FedSZ, FrameError

def status(field):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(field))

found = {}
for path, max_bytes in json.loads(sys.argv[1]).items():
    frame = Path(path).read_bytes() if sys.argv[2] == "frame" else b""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before, refusal = status("VmRSS"), ""
    fedsz = FedSZ(ErrorBound.rel(1e-2), max_bytes=max_bytes)
    try:
        state = fedsz.decode(frame) if sys.argv[2] == "frame" else [None for _ in fedsz.decode_from(Path(path))]
    except FrameError as error:
        refusal = str(error)
    found[path] = status("VmHWM") - before, refusal
    state = None
print(json.dumps(found))
"""


def peaks(frames: dict[str, tuple[bytes, int]], folder: Path, where: str = "frame") -> dict[str, tuple[int, str]]:
    """Decode frames in a process of their own, each under its own limit, and return peaks in bytes and refusals.

    They are decoded in memory, or from files, "file", one tensor at a time.
    """
    asked = {}
    for place, (frame, max_bytes) in enumerate(frames.values()):
        path = folder / str(place)
        path.write_bytes(frame)
        asked[str(path)] = max_bytes
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(asked), where], capture_output=True, text=True, check=True
    )
    return dict(zip(frames, map(tuple, json.loads(done.stdout).values()), strict=True))


def need(frame: bytes, fedsz: FedSZ) -> int:
    """What a frame is charged."""
    source = FrameInMemory(memoryview(frame))
    header = read_header(source)
    streams = [stream for unit, stream in streams_of(header, source) if unit[0].stream_size]
    return memory_of(header, len(frame) - payload_size(header), streams, fedsz.compressor)


def bomb(size: int) -> bytes:
    return ZSTD.compress(bytes(size))


def exact_frame(entries: tuple[Entry, ...], block: bytes) -> bytes:
    """Return the frame of one exact block."""
    return pack(Header("sz3", "zstd", entries, (len(block),)), [block])


def hostile_frames() -> dict[str, bytes]:
    """Frames that announce little and would take much, each from a way in which a decoder can be led on."""
    zeros = np.zeros(1024, np.float32)
    constant = SZ3().encode(zeros, 1.0)
    line = SZ3("lorenzo_reg")._compress(np.linspace(0, 1, 1024, dtype=np.float32), 1e-2)
    many = tuple(Entry(f"{place:x}", torch.float32, (0,), 0) for place in range(200_000))
    quantised = struct.pack("<dB", 1.0, 4) + bomb(BOMB)
    return {
        "count of regression coefficients": frame_of(
            edited(line, lambda content: struct.pack_into("<I", content, 71, 700_000_000)), 1024, torch.float32
        ),
        "size of the inner zstd stream": frame_of(with_inner(constant, inner(constant), BOMB), 1024, torch.float32),
        "inner zstd stream": frame_of(with_inner(constant, bytes(BOMB)), 1024, torch.float32),
        "count of elements": frame_of(
            edited(constant, lambda content: struct.pack_into("<Q", content, 29, 700_000_000)), 1024, torch.float32
        ),
        "codes of the quantiser": frame_of(packed(quantised, zeros, zeros > 1), 1024, torch.float32, "quantiser"),
        "empty tensors": exact_frame(many, bomb(0)),
        "exact bytes": exact_frame((Entry("b", torch.int8, (9,), 0),), bomb(BOMB)),
        "elements": frame_of(constant, 2**40, torch.float32),
    }


BITS = 8 * (UNCOUNTED - 100)
"""Of a stream that is just short enough not to be searched for its elements."""


def unsearched_frame() -> bytes:
    size = UNCOUNTED // 12 + 1
    stream = SZ3().encode(np.where(np.arange(size) < 10, 2, 0).astype(np.float32), 1.0)
    codes = inner(stream)[:30] + struct.pack("<QQ", BITS, BITS) + bytes(BITS // 8)
    return frame_of(with_inner(stream, codes), size, torch.float32)


LITTLE, MUCH = 100_000, 2 * 10**6


@pytest.fixture(scope="module")
def refused(tmp_path_factory) -> dict[str, tuple[int, str]]:
    """Peaks and refusals of all hostile frames, which one process decodes."""
    frames = {kind: (frame, LITTLE) for kind, frame in hostile_frames().items()}
    return peaks(frames | {"unsearched": (unsearched_frame(), MUCH)}, tmp_path_factory.mktemp("hostile"))


@pytest.mark.slow
def test_hostile_frames_are_refused_within_a_fixed_amount_of_memory(refused):
    found = {kind: each for kind, each in refused.items() if kind != "unsearched"}
    assert all(refusal for _, refusal in found.values()), found
    assert all(peak < FACTOR * LITTLE + FIXED for peak, _ in found.values()), found


def test_a_stream_that_is_not_searched_for_its_elements_stays_within_the_fixed_amount(refused):
    peak, _ = refused["unsearched"]
    assert 4 * BITS < peak < FACTOR * MUCH + FIXED


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::fedsz_privacy.codec.lossy.LossyWarning")
def test_the_peak_of_a_frame_stays_below_the_factor_of_what_it_is_charged(tmp_path, rng):
    frames = {}
    normal = torch.from_numpy(rng.normal(size=ELEMENTS))
    holes = torch.where(torch.arange(ELEMENTS) % 2 == 0, float("nan"), normal)
    for compressor in (SZ3(), Quantiser(), ZFP(), Scaled(), Auto(), SZx()):
        for kind, values in {
            "normal": normal.float(),
            "half": normal.half(),
            "constant doubles": torch.ones(ELEMENTS, dtype=torch.float64),
            "doubles with holes": holes,
        }.items():
            fedsz = FedSZ(ErrorBound.abs(2e-2), compressor)
            frame = fedsz.encode({"weight": values})
            frames[f"{compressor.name} {kind}"] = frame, need(frame, fedsz)
    # What repeats xz packs in a third of the time, and unpacks in as much memory.
    again = torch.arange(ELEMENTS) % 100_000
    for name, codec in LOSSLESS.items():
        fedsz = FedSZ(ErrorBound.rel(1e-2), lossless=codec)
        frame = fedsz.encode({"a": normal.float()[again], "b": again, "c": torch.zeros(ELEMENTS)})
        frames[f"exact by {name}"] = frame, need(frame, fedsz)
    empty = {f"{place:x}": torch.empty(0) for place in range(100_000)}
    frame = FedSZ(ErrorBound.rel(1e-2)).encode(empty)
    frames["empty tensors"] = frame, need(frame, FedSZ(ErrorBound.rel(1e-2)))
    for kind, (peak, refusal) in peaks(frames, tmp_path).items():
        assert refusal == "", kind
        assert peak < FACTOR * frames[kind][1] + FIXED, kind


@pytest.mark.slow
def test_the_peak_of_a_file_stays_below_the_factor_of_what_one_tensor_is_charged(tmp_path, rng):
    frames = {}
    weights = {f"{place}.weight": torch.from_numpy(rng.normal(size=ELEMENTS)) for place in range(4)}
    steps = {f"{place}.steps": torch.arange(ELEMENTS) for place in range(3)}
    for compressor in (SZ3(), Auto(), Quantiser()):
        for dtype in (torch.float16, torch.float32):
            fedsz = FedSZ(ErrorBound.abs(2e-2), compressor)
            frame = fedsz.encode({name: tensor.to(dtype) for name, tensor in weights.items()} | steps)
            source = FrameInMemory(memoryview(frame))
            header = read_header(source)
            most = max(streamed_memory_of(unit, stream, compressor) for unit, stream in streams_of(header, source))
            frames[f"{compressor.name} {dtype}"] = frame, lasting_of(header, len(frame)) + most
    for kind, (peak, refusal) in peaks(frames, tmp_path, "file").items():
        assert refusal == "", kind
        assert peak < FACTOR * frames[kind][1] + FIXED, kind


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize("compressor", [SZ3(), Quantiser(), SZ3("interp")], ids=lambda compressor: compressor.name)
def test_the_limit_is_what_a_frame_is_charged_to_the_byte(compressor, dtype):
    state = {"weight": torch.linspace(-1, 1, 5000).to(dtype), "steps": torch.arange(9)}
    frame = FedSZ(ErrorBound.rel(1e-2), compressor).encode(state)
    size = need(frame, FedSZ(ErrorBound.rel(1e-2), compressor))
    assert FedSZ(ErrorBound.rel(1e-2), compressor, max_bytes=size).decode(frame)
    with pytest.raises(FrameError, match=f"takes {size} bytes to decode; max_bytes allows {size - 1}"):
        FedSZ(ErrorBound.rel(1e-2), compressor, max_bytes=size - 1).decode(frame)
