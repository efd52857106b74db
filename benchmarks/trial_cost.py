"""What one trial of an audit costs: processor time, memory beyond the waiting process, and bytes kept on disk.

Each model plays one chunk of trials, the default audit's five defences and three signals, on one thread of a process of
its own. The ResNet18 plays one trial of digits with two defences.

Run with: cd benchmarks && python trial_cost.py
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

import torch

from analysis.studies.audit.prepare import load, set_up
from analysis.studies.audit.spec import AuditSpec
from attacks.game.engine import RecordPlayer
from attacks.game.trial_files import TrialFiles

MODELS: dict[str, AuditSpec] = {
    "mlp": AuditSpec(),
    "cnn": AuditSpec(model="cnn"),
    "resnet18": AuditSpec(model="resnet18:resnet18", defences=("none", "fedsz:rel=1e-2"), candidates=40),
}
COLUMNS = ("model", "parameters", "trials in a chunk", "CPU s a trial", "MiB of a chunk", "kB on disk a trial")
ONE_TRIAL = 2**23
"""Parameters beyond which one trial is measured in place of a chunk."""


def peak() -> float:
    """Return the largest memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def row(name: str) -> list[str]:
    """Play one chunk and return its row."""
    torch.set_num_threads(1)
    spec = MODELS[name]
    split, model = load(spec)
    game = set_up(spec, split, model)
    player = RecordPlayer(game, spec.parse_defences(), spec.get_signals(), spec.get_adversary())
    parameters = sum(each.numel() for each in model.parameters())
    chunk = range(1) if parameters > ONE_TRIAL else player.chunks(spec.trials)[0]
    before, start = peak(), process_time()
    played = player.play(chunk)
    seconds = (process_time() - start) / len(chunk)
    with tempfile.TemporaryDirectory() as folder:
        files = TrialFiles(Path(folder), run="")
        files.save(played.part(0), 0)
        kept = files.path(0).stat().st_size
    return [name, f"{parameters:,}", str(len(chunk)), f"{seconds:.2f}", f"{peak() - before:.0f}", f"{kept / 1e3:.0f}"]


def main() -> None:
    """Print the table, a process for each row."""
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    for name in MODELS:
        print(subprocess.check_output([sys.executable, __file__, name], text=True), end="", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print("| " + " | ".join(row(sys.argv[1])) + " |")
    else:
        main()
