"""Hostile frames decoded in a process apart, so that one which ends it is found, and the rest still decoded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fuzz.judging import Verdict

ROOT = Path(__file__).parents[2]

ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""Freed memory goes back at once, so that one frame's peak is not hidden in what an earlier one took."""


def verdicts(source: str, seed: int, start: int, stop: int) -> Iterator[tuple[int, Verdict]]:
    """Yield the number of each frame of a source and the verdict on it; the source is one of `fuzz.worker.SOURCES`."""
    while start < stop:
        command = [sys.executable, "-m", "fuzz.worker", source, *map(str, (seed, start, stop))]
        with subprocess.Popen(command, cwd=ROOT, env=_environment(), text=True, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for line in process.stdout:
                number, verdict = json.loads(line)
                yield number, Verdict(**verdict)
                start = number + 1
        if start < stop:
            yield start, Verdict("ended", f"ended the process with status {process.returncode}", 0.0, 0)
            start += 1


def _environment() -> dict[str, str]:
    path = os.pathsep.join((str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")))
    return {**os.environ, **ALLOCATOR, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
