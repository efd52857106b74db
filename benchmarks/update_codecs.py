"""Compressors on updates, side by side: ratio at the same error bound, and rates on one core.

Every float tensor of more than 1,000 elements is compressed on its own, the bound REL times its range. ``bfloat16`` is
zstd on the update rounded to bfloat16: its error is not bounded by REL, and its ratio is the same for every REL.

Run with: OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/update_codecs.py RECORDING...; benchmarks/update_suite.sh
makes the recordings.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
import torch
import zstandard
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors import Compressor, get_compressor
from fedsz_privacy.federation.recording import open_recording

RELS = (1e-1, 1e-2, 1e-3)
REFERENCE = "nopred"
NAMES = ("auto", "scaled", REFERENCE, "sz2", "zfp", "sperr", "szx")
THRESHOLD = 1000

Array = NDArray[np.floating]


def rounds_of(folder: Path) -> Iterator[list[Array]]:
    """Yield the large float tensors of the first client's update, round by round."""
    for each in open_recording(folder).rounds:
        update = each.update(each.participants[0]).values()
        tensors = (tensor for tensor in update if tensor.is_floating_point() and tensor.numel() > THRESHOLD)
        yield [tensor.numpy() for tensor in tensors if tensor.min() < tensor.max()]


def measure(compressor: Compressor, arrays: list[Array], rel: float) -> tuple[int, float, float]:
    """Return compressed bytes, and seconds of processor time to encode and to decode, one warm-up before."""
    bounds = [float(rel * np.ptp(array)) for array in arrays]
    compressor.encode(arrays[0], bounds[0])
    start = process_time()
    streams = [compressor.encode(array, bound) for array, bound in zip(arrays, bounds, strict=True)]
    middle = process_time()
    decoded = [compressor.decode(s, array.shape, array.dtype) for s, array in zip(streams, arrays, strict=True)]
    end = process_time()
    for array, back, bound in zip(arrays, decoded, bounds, strict=True):
        assert np.abs(array.astype(np.float64) - back).max() <= bound
    return sum(map(len, streams)), middle - start, end - middle


def bfloat16(arrays: list[Array]) -> int:
    """Return the bytes of zstd, level 3, on each array rounded to bfloat16."""
    rounded = (torch.from_numpy(array).to(torch.bfloat16).view(torch.int16).numpy().tobytes() for array in arrays)
    return sum(map(len, map(zstandard.ZstdCompressor(level=3).compress, rounded)))


def mean(values: list[float]) -> float:
    """Return the geometric mean."""
    return float(np.exp(np.mean(np.log(values))))


def table(title: str, heads: list[str], rows: dict[str, list[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n{title}\n\n| | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}", flush=True)
    print("\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()), flush=True)


def main(folders: list[Path]) -> None:
    """Print ratios, rates, and how much smaller than SZ3 each is."""
    suite = {folder.name: list(rounds_of(folder)) for folder in folders}
    raw = {name: sum(array.nbytes for arrays in rounds for array in arrays) for name, rounds in suite.items()}
    found = {
        (rel, codec, name): [measure(get_compressor(codec), arrays, rel) for arrays in rounds]
        for rel, codec, (name, rounds) in product(RELS, NAMES, suite.items())
    }
    halves = {name: raw[name] / sum(map(bfloat16, rounds)) for name, rounds in suite.items()}

    def ratio(rel: float, codec: str, name: str) -> float:
        return raw[name] / sum(size for size, _, _ in found[rel, codec, name])

    def rate(place: int) -> Callable[[float, str, str], str]:
        return lambda *key: f"{raw[key[2]] / sum(each[place] for each in found[key]) / 1e6:.0f}"

    for rel in RELS:
        rows = {codec: [f"{ratio(rel, codec, name):.2f}" for name in suite] for codec in NAMES}
        for codec in NAMES:
            rows[codec].append(f"{mean([ratio(rel, codec, name) / ratio(rel, REFERENCE, name) for name in suite]):.3f}")
        rows["bfloat16"] = [*(f"{each:.2f}" for each in halves.values()), ""]
        table(f"REL {rel:.0e}: ratio", [*suite, "mean / nopred"], rows)
        encode, decode = rate(1), rate(2)
        rows = {
            codec: [f"{encode(rel, codec, name)} / {decode(rel, codec, name)}" for name in suite] for codec in NAMES
        }
        table(f"REL {rel:.0e}: MB/s to encode / decode", [*suite], rows)


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
