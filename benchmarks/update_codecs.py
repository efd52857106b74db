"""Compressors on updates, side by side: ratio at the same error bound, and rates on one core.

Every float tensor of more than 1,000 elements is compressed on its own, the bound REL times its range. ``bfloat16`` is
zstd on the update rounded to bfloat16: its error is not bounded by REL, and its ratio is the same for every REL.

Run with: OMP_NUM_THREADS=1 taskset -c 0 python benchmarks/update_codecs.py RECORDING...; benchmarks/update_suite.sh
makes the recordings.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import Protocol

import numpy as np
import torch
import zstandard
from numpy.typing import NDArray

from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.federation.recording import open_recording

RELS = (1e-1, 1e-2, 1e-3)
REFERENCE = "nopred"
NAMES = ("auto", "scaled", REFERENCE, "sz2", "zfp", "sperr", "szx")
NNC_LIMIT = 2e7
"""Bytes of a round up to which nncodec is tried: it codes some 4 MB/s, with several tries."""

LARGE = 5e7
"""Bytes of an update from which on one round is enough."""

TIMED = 4e6
"""Bytes that are coded at least."""

THRESHOLD = 1000

Array = NDArray[np.floating]


class Coder(Protocol):
    """What compresses an array under an error bound, in this toolkit or out of it."""

    def encode(self, array: Array, bound: float) -> bytes:
        """Compress an array under an absolute bound."""
        ...

    def decode(self, data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.floating]) -> Array:
        """Restore an array."""
        ...


def rounds_of(folder: Path) -> Iterator[list[Array]]:
    """Yield the large float tensors of the first client's update, round by round; of a large model the first round."""
    rounds = open_recording(folder).rounds
    large = sum(each.nbytes for each in rounds[0].update(rounds[0].participants[0]).values()) > LARGE
    for each in rounds[:1] if large else rounds:
        update = each.update(each.participants[0]).values()
        tensors = (tensor for tensor in update if tensor.is_floating_point() and tensor.numel() > THRESHOLD)
        yield [tensor.numpy() for tensor in tensors if tensor.min() < tensor.max()]


def measure(compressor: Coder, arrays: list[Array], rel: float) -> tuple[int, float, float]:
    """Return compressed bytes, and seconds of processor time to encode and to decode, one warm-up before.

    Few bytes are coded several times over, so that the clock sees enough of them.
    """
    bounds = [float(rel * np.ptp(array)) for array in arrays]
    passes = max(1, round(TIMED / sum(array.nbytes for array in arrays)))
    compressor.encode(arrays[0], bounds[0])
    start = process_time()
    for _ in range(passes):
        streams = [compressor.encode(array, bound) for array, bound in zip(arrays, bounds, strict=True)]
    middle = process_time()
    for _ in range(passes):
        decoded = [compressor.decode(s, array.shape, array.dtype) for s, array in zip(streams, arrays, strict=True)]
    end = process_time()
    for array, back, bound in zip(arrays, decoded, bounds, strict=True):
        assert np.abs(array.astype(np.float64) - back).max() <= bound
    return sum(map(len, streams)), (middle - start) / passes, (end - middle) / passes


def bfloat16(arrays: list[Array]) -> int:
    """Return the bytes of zstd, level 3, on each array rounded to bfloat16."""
    rounded = (torch.from_numpy(array).to(torch.bfloat16).view(torch.int16).numpy().tobytes() for array in arrays)
    return sum(map(len, map(zstandard.ZstdCompressor(level=3).compress, rounded)))


def mean(values: Sequence[float] | Array) -> float:
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
    halves = [f"{raw[name] / sum(map(bfloat16, rounds)):.2f}" for name, rounds in suite.items()]
    for rel in RELS:
        ratios, rates = {}, {}
        for codec in NAMES:
            found = {
                name: np.sum([measure(get_compressor(codec), arrays, rel) for arrays in rounds], axis=0)
                for name, rounds in suite.items()
            }
            ratios[codec] = [raw[name] / found[name][0] for name in suite]
            rates[codec] = [" / ".join(f"{raw[name] / each / 1e6:.0f}" for each in found[name][1:]) for name in suite]
        table(f"REL {rel:.0e}: ratio", [*suite, "mean / nopred"], {**against(ratios), "bfloat16": [*halves, ""]})
        table(f"REL {rel:.0e}: MB/s to encode / decode", [*suite], rates)
    first = {name: rounds[0] for name, rounds in suite.items() if sum(each.nbytes for each in rounds[0]) < NNC_LIMIT}
    with suppress(ImportError):
        first_round(first)


def against(ratios: dict[str, list[float]]) -> dict[str, list[str]]:
    """Return the cells of ratios, and the geometric mean of how many times smaller than the reference each is."""
    reference = np.array(ratios[REFERENCE])
    return {codec: [*(f"{each:.2f}" for each in row), f"{mean(row / reference):.3f}"] for codec, row in ratios.items()}


def first_round(suite: dict[str, list[Array]]) -> None:
    """Print the ratios of nncodec, where it is installed, on the first round of each model."""
    from nnc import NNC

    compressors: dict[str, Coder] = {
        "auto": get_compressor("auto"),
        REFERENCE: get_compressor(REFERENCE),
        NNC.name: NNC(),
    }
    for rel in RELS:
        ratios = {
            name: [sum(a.nbytes for a in arrays) / measure(each, arrays, rel)[0] for arrays in suite.values()]
            for name, each in compressors.items()
        }
        table(f"First round, REL {rel:.0e}: ratio", [*suite, "mean / nopred"], against(ratios))


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
