from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from analysis.studies import duration
from fedsz_privacy.training.clients import Clients


@pytest.mark.parametrize(("step", "steps", "expected"), [(0.01, 100, 1.1), (1.0, 100, 140.0), (0.01, 3, 1.23)])
def test_what_a_process_and_a_training_begin_with_is_not_counted_for_every_step(monkeypatch, step, steps, expected):
    """Trainings of a second were announced as half a minute. A long first step is timed once, and a short training."""
    clock = [0.0]
    begun: list[int] = []

    def train_many(_: object, clients: Clients) -> None:
        clock[0] += 0.1 + step * clients.batches.shape[1] + (0.3 if not begun else 0)
        begun.append(1)

    monkeypatch.setattr(duration, "perf_counter", lambda: clock[0])
    clients = Clients({}, cast("Any", None), np.zeros((1, steps, 1), np.int64), [np.random.default_rng(0)])
    found = duration.seconds_of_training(
        cast("Any", SimpleNamespace(train_many=train_many)), torch.nn.Identity(), clients
    )
    assert found == pytest.approx(expected)
