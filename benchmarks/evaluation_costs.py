"""What a record costs in the evaluation on this machine: seconds of one core, measured once and kept."""

import json
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import numpy as np
import torch
from evaluation_plan import MODELS, Run, runs

from fedsz_privacy.core.files import write_atomically
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import classification
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.names import Optimizer

STEPS = 4
"""Steps that are timed, after one that is not."""


def costs(folder: Path) -> Mapping[str, float]:
    """Return the seconds of each `Run.size` for a record: those kept in ``costs.json``, or measured and kept there."""
    path = folder / "costs.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        one_of_each = {run.size: run for run in runs()}
        spent = {size: measured(run) for size, run in one_of_each.items()}
        write_atomically(path, json.dumps(spent, indent=2).encode())
    kept: dict[str, float] = json.loads(path.read_text())
    return kept


@one_thread()
def measured(run: Run) -> float:
    """Return the processor's seconds for one record in training, momentum's step included."""
    size = MODELS[run.model].batch_size
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(size * STEPS, 3, run.side, run.side, generator=draw)
    records = Records((images,), torch.arange(len(images)) % 10, classification(10))
    model = build_model(run.model, records, seed=0)
    training = Training(1, size, 0.01, Optimizer.MOMENTUM)
    training.train(model, records.part(0, size), np.random.default_rng(0))
    start = process_time()
    training.train(model, records, np.random.default_rng(0))
    return (process_time() - start) / len(records)
