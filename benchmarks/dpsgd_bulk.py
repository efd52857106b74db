"""What training DP-SGD trials in bulk saves: one Opacus engine for each trial against many trials together, in turn.

Both train the ``mlp`` on digits for 5 epochs of expected batch 10, each member of a pool of 200 being in with
probability 1/2, on one thread, as a worker of a run with several would. Run with: python benchmarks/dpsgd_bulk.py
"""

import warnings
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from opacus import PrivacyEngine
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.records import Records
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.modes import detached

TRIALS = 128
AT_ONCE = 32
"""As many as the membership game trains at once of this model."""
PAIRS = 8
TRAINING = DPTraining(expected_records=100, noise_multiplier=1.0)


def train_in_bulk(model: nn.Module, pool: Records, membership: NDArray[np.bool_]) -> None:
    """Train all trials together."""
    generators = [np.random.default_rng(trial) for trial in range(len(membership))]
    batches = TRAINING.draw(membership, generators)
    TRAINING.train_many(model, Clients(stack_of_one(detached(model)), pool, batches, generators))


def train_with_opacus(model: nn.Module, pool: Records, members: NDArray[np.bool_]) -> None:
    """Train one trial as the Opacus guide does."""
    records = TensorDataset(pool.inputs[0][members], pool.targets[members])
    private, optimiser, loader = PrivacyEngine(accountant="rdp").make_private(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=TRAINING.learning_rate),
        data_loader=DataLoader(records, batch_size=TRAINING.batch_size),
        noise_multiplier=TRAINING.noise_multiplier,
        max_grad_norm=TRAINING.clip_norm,
    )
    for _ in range(TRAINING.epochs):
        for images, labels in loader:
            optimiser.zero_grad()
            nn.functional.cross_entropy(private(images), labels).backward()  # type: ignore[no-untyped-call]
            optimiser.step()


def time_of_one_trial(model: nn.Module, pool: Records, membership: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the seconds a trial takes with Opacus, measured before and after the bulk, and in bulk.

    The bulk leaves its model as it was, and tries once whether that model can be trained so.
    """
    models = [build_model("mlp", pool, seed=0) for _ in range(2)]
    start = perf_counter()
    train_with_opacus(models[0], pool, membership[0])
    before = perf_counter()
    train_in_bulk(model, pool, membership)
    after = perf_counter()
    train_with_opacus(models[1], pool, membership[1])
    return (before - start + perf_counter() - after) / 2, (after - before) / len(membership)


def main() -> None:
    """Print the ratio of the times of one trial, pair by pair."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    pool = load_data("digits").train.part(0, 200)
    rng, model = np.random.default_rng(0), build_model("mlp", pool, seed=0)
    opacus, bulk = np.array(
        [time_of_one_trial(model, pool, rng.random((AT_ONCE, len(pool))) < 0.5) for _ in range(PAIRS + 1)]
    ).T
    # The first pair warms up both.
    low, half, high = np.quantile(opacus[1:] / bulk[1:], [0.25, 0.5, 0.75])
    for name, seconds in {"one Opacus engine a trial": opacus, f"bulk, {AT_ONCE} at once": bulk}.items():
        typical = np.median(seconds[1:])
        print(f"{name}: {typical * 1e3:.0f} ms a trial, {typical * TRIALS:.1f} s for {TRIALS}")
    print(f"Opacus / bulk = {half:.1f} (quartiles {low:.1f} to {high:.1f}, {PAIRS} pairs)")


if __name__ == "__main__":
    main()
