"""Peak memory of a state that goes from a file into a frame's file and back, one tensor at a time.

Run with: python benchmarks/larger_than_memory.py [GIGABYTES]
The files are written to the current folder's .larger_than_memory and removed again.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from fedsz_privacy.codec.header import Entry
from fedsz_privacy.data.lazy_states import write_safetensors

FOLDER = Path(".larger_than_memory")
LARGEST = 2**26
"""Bytes of the largest tensors; with each comes one of a thousandth of that, which is kept exactly."""

MEASURE = """
import sys, time
from pathlib import Path
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.streaming import header_of
from fedsz_privacy.data.lazy_states import LazyState, write_safetensors
import fedsz_privacy.codec.compressors

step, workers, source, target = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])

def status(field):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(field))

fedsz = FedSZ(ErrorBound.rel(1e-2), workers=workers)
before, start = status("VmRSS"), time.perf_counter()
if step == "encode":
    fedsz.encode_to(LazyState(source), target)
else:
    write_safetensors(header_of(source).entries, fedsz.decode_from(source), target)
print(status("VmHWM") - before, time.perf_counter() - start)
"""


def write_state(path: Path, size: int) -> None:
    """Write a state of normal weights and their small biases."""
    shapes = {"weight": (LARGEST // 4096, 1024), "bias": (LARGEST // 4096,)}
    entries = [
        Entry(f"{place}.{kind}", torch.float32, shape, 0)
        for place in range(size // LARGEST)
        for kind, shape in shapes.items()
    ]
    rng = np.random.default_rng(0)
    tensors = ((e.name, torch.from_numpy(rng.standard_normal(e.shape, np.float32))) for e in entries)
    write_safetensors(entries, tensors, path)


def measure(step: str, workers: int, source: Path, target: Path) -> tuple[float, float]:
    """Return the peak of resident memory above its start in units of the largest tensor, and the seconds."""
    command = [sys.executable, "-c", MEASURE, step, str(workers), str(source), str(target)]
    peak, seconds = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    return peak / LARGEST, seconds


def main(gigabytes: float) -> None:
    """Print the peaks and times of each step."""
    FOLDER.mkdir()
    try:
        state, frame, back = FOLDER / "state.safetensors", FOLDER / "state.fedsz", FOLDER / "back.safetensors"
        write_state(state, int(gigabytes * 1e9))
        print(f"state of {state.stat().st_size / 1e9:.2f} GB, largest tensor {LARGEST / 1e6:.0f} MB")
        for step, source, target in (("encode", state, frame), ("decode", frame, back)):
            peak, seconds = measure(step, 1, source, target)
            print(f"{step}: peak {peak:.2f} times the largest tensor, {seconds:.0f} s", flush=True)
        print(f"frame of {frame.stat().st_size / 1e9:.3f} GB; back: {back.stat().st_size / 1e9:.2f} GB")
    finally:
        shutil.rmtree(FOLDER)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2] or ["4"]))
