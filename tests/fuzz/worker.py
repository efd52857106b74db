"""The process that decodes hostile frames: `python -m fuzz.worker SOURCE SEED START STOP`, one line of JSON a frame."""

import dataclasses
import json
import signal
import sys

from fuzz import frames, judging

SOURCES = {"mutated": frames.mutated, "swept": lambda _, number: frames.sweep()[number]}

HANGS = 20
"""Wall-clock seconds for one frame after which the process is ended."""


def main(source: str, *numbers: str) -> None:
    """Print the verdict on each frame of a source from ``start`` to ``stop``."""
    seed, start, stop = map(int, numbers)
    judging.limit_memory()
    for number in range(start, stop):
        frame = SOURCES[source](seed, number)
        signal.alarm(HANGS)
        verdict = judging.judge(frame)
        signal.alarm(0)
        sys.stdout.write(json.dumps([number, dataclasses.asdict(verdict)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
