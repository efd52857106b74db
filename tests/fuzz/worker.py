"""The process that decodes hostile frames: `python -m fuzz.worker SOURCE SEED START STOP`, one line of JSON a frame."""

import dataclasses
import json
import sys

from fuzz import frames, judging

SOURCES = {"mutated": frames.mutated, "swept": lambda _, number: frames.sweep()[number]}


def main(source: str, *numbers: str) -> None:
    """Print the verdict on each frame of a source from ``start`` to ``stop``."""
    seed, start, stop = map(int, numbers)
    judging.limit_memory()
    for number in range(start, stop):
        frame = SOURCES[source](seed, number)
        sys.stdout.write(json.dumps([number, dataclasses.asdict(judging.judge(frame))]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
