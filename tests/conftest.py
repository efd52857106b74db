import os

# One thread a process, as runs have it: two workers of two threads each would wait for one another most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Flower reports its use over the network unless it is told not to.
os.environ["FLWR_TELEMETRY_ENABLED"] = "0"

import gc

# Collecting makes thousands of tests and imports hundreds of modules, all of which stay to the end.
gc.disable()

from collections.abc import Iterator
from functools import cache, lru_cache

import numpy as np
import pytest
import torch
import typer.testing
from dp_accounting.pld import privacy_loss_distribution
from hypothesis import HealthCheck, settings
from torch import nn

from attacks import SIGNALS, Game, Trials, play
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data import Records, load_data
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.training.descent import Training

RELEASES = ("none", "fedsz:rel=1e-2", "fedsz:rel=3e-1")

# Typer builds the commands out of their functions each time one is run, for half of the time that a refusal takes. The
# tests run more than a thousand, which a process of a user's never does: they share those that the first one built.
typer.testing._get_command = cache(typer.testing._get_command)

# Each calibration of noise looks at a dozen distributions of privacy losses, half of which another test has looked at.
privacy_loss_distribution.from_gaussian_mechanism = lru_cache(64)(privacy_loss_distribution.from_gaussian_mechanism)

# The same examples in every run, and no limit of time: on a busy machine one example can take seconds.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was collected."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260101)


@pytest.fixture(scope="module")
def undrawn() -> Iterator[None]:
    """Write figures without drawing them, for tests of runs that ask nothing of how these look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.reporting.style.to_bytes", lambda *_: bytes(20_000))
        yield


@pytest.fixture(scope="session")
def state() -> StateDict:
    """A state with every kind of tensor that the pipeline must carry."""
    torch.manual_seed(0)
    return {
        "conv.weight": torch.randn(8, 5, 3, 3, 4),
        "conv.bias": torch.randn(8),
        "half.weight": torch.randn(40, 50).half(),
        "bfloat.weight": torch.randn(40, 50).bfloat16(),
        "double.weight": torch.randn(40, 50, dtype=torch.float64),
        "small.weight": torch.randn(10, 10),
        "constant.weight": torch.full((40, 50), 0.25),
        "view.weight": torch.randn(60, 50).T,
        "steps": torch.tensor(7),
        "mask": torch.rand(9) > 0.5,
        "empty": torch.empty(0, 3),
        "phase": torch.randn(3, dtype=torch.complex64),
        "counts": torch.arange(5, dtype=torch.int16),
    }


@pytest.fixture(scope="session")
def digits() -> Records:
    return load_data("digits").train


@pytest.fixture(scope="session")
def game(digits: Records) -> Game:
    """A small game that leaks: few candidates, many epochs."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    training = Training(epochs=12, batch_size=10, learning_rate=0.2)
    others = tuple(digits.part(start, start + 40) for start in (100, 140, 180, 220))
    return Game(model, state, digits.part(0, 40), digits.part(1000, 1200), training, seed=3, others=others)


@pytest.fixture(scope="session")
def trials(game: Game) -> Trials:
    """Thirty-two trials of that game through `RELEASES`."""
    return play(game, range(32), [none(), *(parse_release(text) for text in RELEASES[1:])], SIGNALS)
