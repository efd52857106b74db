"""The default pipeline against SZ2 at REL 1e-2 on EfficientNet-Lite0: ratio, and compression rate in turn.

SZ2 is timed twice: behind the same pipeline, and as bare calls of its HDF5 filter on the same tensors.

Run with: python benchmarks/against_sz2.py
"""

from collections.abc import Callable
from time import perf_counter

import h5py
import hdf5plugin
import numpy as np
from kept_memory import keep_memory
from numpy.typing import NDArray

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.arrays import to_array
from fedsz_privacy.codec.compressors import SZ2, SZ3
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.weights import load_weights

REL = 1e-2
REPEATS = 15


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def bare_sz2(arrays: list[tuple[NDArray[np.floating], float]]) -> None:
    """Compress arrays with SZ2's filter in an HDF5 file in memory."""
    with h5py.File("in memory", "w", driver="core", backing_store=False) as file:
        for number, (array, bound) in enumerate(arrays):
            flat = array.reshape(-1)
            file.create_dataset(str(number), data=flat, chunks=flat.shape, **hdf5plugin.SZ(absolute=bound))


def main() -> None:
    """Print ratios of compressed sizes and of times, pair by pair."""
    state = load_weights(EFFICIENTNET)
    sz3, other = FedSZ(ErrorBound.rel(REL), SZ3()), FedSZ(ErrorBound.rel(REL), SZ2())
    arrays = [(to_array(state[name]), bound) for name, bound in sz3.bounds(state).items()]
    print(f"ratio: SZ3 / SZ2 = {len(other.encode(state)) / len(sz3.encode(state)):.3f}")
    rivals = {"SZ2 in the same pipeline": lambda: other.encode(state), "bare SZ2 filter": lambda: bare_sz2(arrays)}
    for name, rival in rivals.items():
        ratios = [seconds(rival) / seconds(lambda: sz3.encode(state)) for _ in range(REPEATS)]
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        print(f"rate: SZ3 / {name} = {middle:.2f} (quartiles {low:.2f} to {high:.2f}, {REPEATS} pairs)")


if __name__ == "__main__":
    keep_memory()
    main()
