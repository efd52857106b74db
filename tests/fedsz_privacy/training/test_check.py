"""The step that is tried before the work is one that clients will make."""

import numpy as np
import pytest
import torch

from fedsz_privacy.core.state import StateDict, stack_of_one, subtract
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import classification
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.check import check_rule
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.modes import detached

NORMALISED = "mobilenetv2"
"""A model of 52 layers of batch normalisation."""


@pytest.fixture
def images():
    draw = torch.Generator().manual_seed(0)
    return Records((torch.randn(64, 3, 32, 32, generator=draw),), torch.arange(64) % 10, classification(10))


@pytest.mark.parametrize("seed", range(3))
def test_a_model_of_many_normalised_layers_is_tried_on_a_whole_batch(images, seed):
    check_rule(Training(batch_size=64, learning_rate=0.05), build_model(NORMALISED, images, seed), NORMALISED, images)


@pytest.mark.slow
def test_the_step_of_two_records_is_many_times_as_long(images):
    """By rounding alone it is 1 to 30,000 times as long as the weights: no step to judge a model by."""
    lengths = {size: np.median([step_length(images, size, seed) for seed in range(5)]) for size in (2, 64)}
    assert 10 * lengths[64] < lengths[2]


def step_length(images: Records, size: int, seed: int) -> float:
    """Return the length of a step on the first so many records, as a multiple of the length of the weights."""
    model = build_model(NORMALISED, images, seed)
    states, batch = stack_of_one(detached(model)), np.arange(size)[None, None]
    clients = Clients(states, images, batch, [np.random.default_rng(0)])
    trained = Training(learning_rate=0.05).train_many(model, clients)
    return norm(subtract(trained, states)) / norm(states)


def norm(state: StateDict) -> float:
    return float(np.sqrt(sum(float(state[name].square().sum()) for name in state if name.endswith("weight"))))
