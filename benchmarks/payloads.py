"""What one bound makes of a client's update and of its state: how much smaller, and how much of the update is lost.

Run with: python benchmarks/payloads.py RECORDING...; `fedsz-privacy federate --record` makes one.
"""

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.reporting.table import to_markdown
from fedsz_privacy.core.state import StateDict, nbytes, stack_of_one, unstack
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.release import release_copy
from fedsz_privacy.federation import open_recording
from fedsz_privacy.federation.payload import Payload

BOUNDS = ("1e-1", "1e-2", "1e-3", "1e-4")
COLUMNS = ("model", "data", "round", "sent", *(f"REL {bound}" for bound in BOUNDS))


def rows(recording: Path) -> Iterator[tuple[str, ...]]:
    """Yield a row for each payload, of the first client in the last round of a recording."""
    kept = open_recording(recording)
    last, about = kept.rounds[-1], kept.manifest
    before, update = last.before(), last.update(last.participants[0])
    for payload in Payload:
        cells = (cell(payload, bound, before, update) for bound in BOUNDS)
        yield about.model, Path(about.data).name, str(last.number + 1), payload, *cells


def cell(payload: Payload, bound: str, before: StateDict, update: StateDict) -> str:
    """Return how many times smaller what is sent is, and the norm of the error as a share of the update's."""
    states = stack_of_one(before)
    sent = unstack(payload.pack(stack_of_one(update), states), 0)
    released = release_copy(parse_release(f"fedsz:rel={bound},compressor=nopred"), sent, np.random.default_rng(0))
    decoded = unstack(payload.unpack(stack_of_one(released.update), states), 0)
    floats = [name for name, tensor in update.items() if tensor.is_floating_point()]
    error = math.sqrt(sum(float((decoded[name] - update[name]).square().sum()) for name in floats))
    norm = math.sqrt(sum(float(update[name].square().sum()) for name in floats))
    return f"{nbytes(sent) / released.nbytes:.2f}x, {error / norm:.2%}"


def main() -> None:
    """Print the table."""
    print(to_markdown(COLUMNS, (row for path in sys.argv[1:] for row in rows(Path(path)))))


if __name__ == "__main__":
    main()
