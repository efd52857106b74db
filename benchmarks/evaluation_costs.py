"""What a record costs each model of the evaluation on this machine: seconds of one core, measured once and kept."""

import json
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import numpy as np
import torch
from evaluation_plan import MODELS

from fedsz_privacy.core.files import write_atomically
from fedsz_privacy.core.threads import one_thread
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import classification
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.optimizers import Optimizer

STEPS = 4
"""Steps that are timed, after one that is not."""


def costs(folder: Path) -> Mapping[str, float]:
    """Return the seconds of each model for a record, from a folder's ``costs.json``, or measured and kept there."""
    path = folder / "costs.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps({model: measured(model) for model in MODELS}, indent=2).encode())
    kept: dict[str, float] = json.loads(path.read_text())
    return kept


@one_thread()
def measured(name: str) -> float:
    """Return the processor's seconds for one record in training on 64x64 images, momentum's step included."""
    size = MODELS[name].batch_size
    draw = torch.Generator().manual_seed(0)
    images = torch.randn(size * STEPS, 3, 64, 64, generator=draw)
    records = Records((images,), torch.arange(len(images)) % 10, classification(10))
    model = build_model(name, records, seed=0)
    training = Training(1, size, 0.01, Optimizer.MOMENTUM)
    training.train(model, records.part(0, size), np.random.default_rng(0))
    start = process_time()
    training.train(model, records, np.random.default_rng(0))
    return (process_time() - start) / len(records)
