"""What worker processes gain: encoding on one and on several, in turn, and who holds the interpreter's lock.

Run with: python benchmarks/coding_workers.py [WORKERS [FILE...]]; each file holds a state or an update. Without any it
is matrices of normal numbers, in which there is nothing to predict.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import torch
import zstandard

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.weights import load_weights

REL = 1e-2
TENSORS, SHAPE = 48, (1024, 1024)
REPEATS = 9
COMPRESSORS = ("nopred", "scaled", "auto")
TICK = 0.001


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def held(work: Callable[[], object]) -> float:
    """Return the share of a call in which another thread could not run, by the longest such time."""
    waits, over = [0.0], threading.Event()

    def tick() -> None:
        last = perf_counter()
        while not over.is_set():
            sleep(TICK)
            last, before = perf_counter(), last
            waits.append(last - before)

    thread = threading.Thread(target=tick)
    thread.start()
    taken = seconds(work)
    over.set()
    thread.join()
    return max(waits) / taken


def locks() -> None:
    """Print which coders hold the lock."""
    array = np.random.default_rng(0).normal(size=(4096, 2048)).astype(np.float32)
    works: dict[str, Callable[[], object]] = {
        "zstandard": lambda: zstandard.ZstdCompressor(level=3).compress(array.tobytes())
    }
    works |= {name: partial(get_compressor(name).encode, array, 0.05) for name in COMPRESSORS}
    for name, work in works.items():
        print(f"{name}: longest share of a call in which another thread waits: {held(work):.0%}", flush=True)


def main(workers: int, *files: str) -> None:
    """Print who holds the lock, and what several workers gain with each compressor."""
    locks()
    for given, state in {file: load_weights(file) for file in files}.items() or [("normal numbers", normal_numbers())]:
        for name in COMPRESSORS:
            print(f"{Path(given).name}, {name}: {compare(name, state, workers)}", flush=True)


def normal_numbers() -> StateDict:
    """Return the matrices."""
    torch.manual_seed(0)
    return {f"{place}.weight": torch.randn(SHAPE) for place in range(TENSORS)}


def compare(name: str, state: StateDict, workers: int) -> str:
    """Return the median of one worker's time over that of several, pair by pair, in words."""
    alone = FedSZ(ErrorBound.rel(REL), compressor=get_compressor(name))
    several = replace(alone, workers=workers)
    first = seconds(lambda: several.encode(state))
    pairs = [(seconds(lambda: alone.encode(state)), seconds(lambda: several.encode(state))) for _ in range(REPEATS)]
    low, middle, high = np.quantile([one / more for one, more in pairs], [0.25, 0.5, 0.75])
    rate = sum(tensor.nbytes for tensor in state.values()) / min(one for one, _ in pairs) / 1e6
    return (
        f"{workers} workers {middle:.2f} times as fast as one (quartiles {low:.2f} to {high:.2f}, {REPEATS} pairs); "
        f"one: {rate:.0f} MB/s; the first call with workers takes {first:.1f} s"
    )


if __name__ == "__main__":
    main(int((sys.argv[1:2] or ["2"])[0]), *sys.argv[2:])
