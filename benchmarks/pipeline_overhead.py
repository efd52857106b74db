"""What the pipeline around the compressor costs: FedSZ against bare pysz calls on the same tensors, in turn.

Run with: OMP_NUM_THREADS=1 python benchmarks/pipeline_overhead.py [FILE...]; each holds a state or an update, by
default the weights of EfficientNet-Lite0.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from kept_memory import keep_memory
from pysz import sz, szAlgorithm, szConfig, szErrorBoundMode

from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import SZ3
from fedsz_privacy.data.names import EFFICIENTNET
from fedsz_privacy.data.weights import load_weights

REL = 1e-2
REPEATS = 31
Work = Callable[[], object]


def config() -> szConfig:
    """Return SZ3 without prediction under the same REL bound, which SZ3 turns into an absolute one by itself."""
    settings = szConfig()
    settings.errorBoundMode = szErrorBoundMode.REL
    settings.relErrorBound = REL
    settings.cmprAlgo = szAlgorithm.NOPRED
    return settings


def seconds(work: Work) -> float:
    """Return the processor time of one call, for which other work on the machine does not count."""
    start = process_time()
    work()
    return process_time() - start


def compare(source: str) -> None:
    """Print the median ratio of times on one state, pair by pair."""
    state = load_weights(source)
    fedsz = FedSZ(ErrorBound.rel(REL), SZ3())
    arrays = [state[name].numpy() for name in fedsz.bounds(state)]
    streams = [sz.compress(array, config())[0] for array in arrays]
    frame = fedsz.encode(state)
    pairs: dict[str, tuple[Work, Work]] = {
        "encode": (
            lambda: fedsz.encode(state),
            lambda: [sz.compress(array, config()) for array in arrays],
        ),
        "decode": (
            lambda: fedsz.decode(frame),
            lambda: [sz.decompress(s, a.dtype, a.shape) for s, a in zip(streams, arrays, strict=True)],
        ),
    }
    steps = list(pairs.values())
    pairs["both"] = (lambda: [step[0]() for step in steps], lambda: [step[1]() for step in steps])
    for step, (pipeline, bare) in pairs.items():
        ratios = [seconds(pipeline) / seconds(bare) for _ in range(REPEATS)]
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        of = f"{Path(source).name}, {len(state)} tensors, {step}"
        print(f"{of}: pipeline / bare pysz = {middle:.3f} (quartiles {low:.3f} to {high:.3f}, {REPEATS} pairs)")


if __name__ == "__main__":
    keep_memory()
    for given in sys.argv[1:] or [EFFICIENTNET]:
        compare(given)
