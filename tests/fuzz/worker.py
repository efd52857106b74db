"""The process that decodes hostile frames: `python -m fuzz.worker SOURCE SEED START STOP`, one line of JSON a frame."""

import dataclasses
import json
import signal
import sys

from fuzz import frames, judging
from fuzz.findings import FINDINGS, GOOD_FRAMES

SOURCES = {
    "mutated": lambda seed, number: (frames.mutated(seed, number), judging.MAX_BYTES),
    "swept": lambda _, number: (frames.sweep()[number], judging.MAX_BYTES),
    "finding": lambda _, number: tuple(FINDINGS.values())[number](),
    "good": lambda _, number: tuple(GOOD_FRAMES.values())[number](),
}
"""Frames and the ``max_bytes`` under which they are decoded, by seed and number."""

HANGS = 20
"""Wall-clock seconds for one frame after which the process is ended."""


def main(source: str, *numbers: str) -> None:
    """Print the verdict on each frame of a source from ``start`` to ``stop``."""
    seed, start, stop = map(int, numbers)
    judging.limit_memory()
    for number in range(start, stop):
        frame, max_bytes = SOURCES[source](seed, number)
        signal.alarm(HANGS)
        verdict = judging.judge(frame, max_bytes)
        signal.alarm(0)
        sys.stdout.write(json.dumps([number, dataclasses.asdict(verdict)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
