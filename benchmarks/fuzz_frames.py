"""Decode hostile frames by the ten thousand, and count why they were refused.

The frames are good ones, mutated by `tests/fuzz/frames.py` with every length and checksum put right again, after a
sweep that writes integers at every offset inside SZ3's streams. They are decoded in a process apart under
``max_bytes`` of 1 MiB. Each is a number: ``--first 4711 --frames 1`` decodes one of them again. A broken promise is
printed, and the exit code is then 1: a crash, an exception other than FrameError, more than a second of processor time,
other names, shapes and dtypes than announced, or more memory than the documented factor.

Run with: python benchmarks/fuzz_frames.py --frames 100000
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fuzz.frames import sweep
from fuzz.isolated import verdicts


def main() -> None:
    """Decode the frames and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000, help="how many mutated frames")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start, reasons, faults, slowest, peak = time.perf_counter(), Counter[str](), 0, 0.0, 0
    stages = {"swept": (0, len(sweep())), "mutated": (options.first, options.first + options.frames)}
    for source, (first, last) in stages.items():
        for number, verdict in verdicts(source, options.seed, first, last):
            reasons[verdict.reason] += 1
            slowest, peak = max(slowest, verdict.seconds), max(peak, verdict.peak)
            if verdict.fault:
                faults += 1
                print(f"{source} frame {number}: {verdict.fault} ({verdict.reason})")
    for reason, count in reasons.most_common():
        print(f"{count:7}  {reason}")
    print(f"{reasons.total()} frames in {time.perf_counter() - start:.0f} s, {len(reasons)} outcomes")
    print(f"slowest {1000 * slowest:.0f} ms of processor time, greatest growth {peak / 2**20:.1f} MiB")
    print(f"{faults} broken promises")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
