"""Processor time of the default audit after imports, by this checkout and by another one in turn.

Run with: OMP_NUM_THREADS=1 python benchmarks/audit_time.py [OTHER_CHECKOUT]; the other one holds the commit before,
as `git worktree add ../before HEAD~1` makes it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

HERE = Path(__file__).parents[1]
PAIRS = 3

AUDIT = """
import importlib, json, sys
from contextlib import suppress
from pathlib import Path
from time import process_time

modules, out = Path(sys.argv[1]), sys.argv[2]
for name in json.loads(modules.read_text()) if modules.exists() else ():
    # Some are made by others as they are imported, and by nobody else.
    with suppress(Exception):
        importlib.import_module(name)
start = process_time()
from analysis.cli import main

sys.argv = ["fedsz-privacy", "audit", "--quiet", "--out", out]
with suppress(SystemExit):
    main()
print(process_time() - start)
modules.write_text(json.dumps(list(sys.modules)))
"""
"""Imports what the audit before had imported at its end, and audits."""


def seconds(checkout: Path, folder: Path) -> float:
    """Return the seconds of one audit by a checkout; of the first in a folder, imports included."""
    with TemporaryDirectory() as out:
        command = [sys.executable, "-c", AUDIT, str(folder / "modules.json"), str(Path(out) / "run")]
        environment = os.environ | {"PYTHONPATH": str(checkout)}
        said = subprocess.run(command, check=True, cwd=folder, env=environment, capture_output=True, text=True).stdout
    return float(json.loads(said.splitlines()[-1]))


def main(*others: str) -> None:
    """Print the seconds of both checkouts, and their ratio pair by pair."""
    checkouts = [HERE, *(Path(other).resolve() for other in others)]
    with TemporaryDirectory() as temporary:
        folders = [Path(temporary) / str(place) for place in range(len(checkouts))]
        for folder in folders:
            folder.mkdir()
        first = [seconds(*each) for each in zip(checkouts, folders, strict=True)]
        rounds = [[seconds(*each) for each in zip(checkouts, folders, strict=True)] for _ in range(PAIRS)]
    for checkout, imported, taken in zip(checkouts, first, zip(*rounds, strict=True), strict=True):
        print(f"{checkout.name}: {median(taken):.1f} s after imports, {imported:.1f} s with them ({PAIRS} runs)")
    if others:
        ratios = sorted(here / there for here, there in rounds)
        print(f"ratio: {median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}, {PAIRS} pairs)")


if __name__ == "__main__":
    main(*sys.argv[1:])
