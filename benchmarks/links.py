"""Over which links compressing an update pays: SZ2, SZ3 and `auto` side by side, in one run.

For each recorded update: how many times sooner the server has it, decoded, than if the client had sent it as it is.
Times are those of one core, of processor time, for which other work on the machine does not count; the least of some
repeats.

Run with: OMP_NUM_THREADS=1 python benchmarks/links.py REL RECORDING...
The recordings are made by benchmarks/update_suite.sh.
"""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time

from torch import Tensor

from analysis.studies.federation.link import Transfer, break_even
from fedsz_privacy import ErrorBound, FedSZ
from fedsz_privacy.codec.compressors import get_compressor
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.federation.recording import open_recording

LINKS = (1, 10, 100, 500, 1000)
"""Bandwidths in Mbit/s."""

CODECS = {"SZ2": "sz2", "SZ3": "nopred", "auto": "auto"}
REPEATS = 3

Update = dict[str, Tensor]


def last_update(folder: Path) -> Update:
    """Return the first client's update of the last round."""
    last = open_recording(folder).rounds[-1]
    return dict(last.update(last.participants[0]))


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of some calls."""
    times = []
    for _ in range(REPEATS):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def transfer(update: Update, fedsz: FedSZ) -> Transfer:
    """Return the way of an update through a pipeline."""
    frame = fedsz.encode(update)
    return Transfer(len(frame), seconds(lambda: fedsz.encode(update)) + seconds(lambda: fedsz.decode(frame)))


def row(name: str, codec: str, update: Update, rel: float) -> str:
    """Return one line of the table."""
    fedsz = FedSZ(ErrorBound.rel(rel), compressor=get_compressor(CODECS[codec]))
    plain, sent = Transfer(nbytes(update), 0.0), transfer(update, fedsz)
    sooner = [f"{plain.seconds(link) / sent.seconds(link):.2f}" for link in LINKS]
    ratio, rate = f"{plain.nbytes / sent.nbytes:.2f}", f"{plain.nbytes / sent.compute_seconds / 1e6:.0f}"
    return f"| {' | '.join((name, codec, ratio, rate, *sooner, f'{break_even(plain, sent):.0f}'))} |"


def main(rel: float, folders: list[Path]) -> None:
    """Print the table in Markdown."""
    heads = ("update", "codec", "ratio", "MB/s both ways", *(f"{link} Mbit/s" for link in LINKS), "pays below (Mbit/s)")
    print(f"REL {rel:.0e}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    warnings.simplefilter("ignore")
    for folder in folders:
        update = last_update(folder)
        for codec in CODECS:
            print(row(folder.name, codec, update, rel), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), [Path(each) for each in sys.argv[2:]])
