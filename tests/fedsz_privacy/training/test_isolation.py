"""What a user's own code sets for the whole process ends with it."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.isolation import child_seed, isolated
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.own import OwnTraining


def settings():
    draws = float(torch.rand(())), float(np.random.rand()), random.random()  # noqa: NPY002
    return draws, torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads(), np.geterr()


def meddle():
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_num_threads(torch.get_num_threads() + 1)
    np.seterr(all="raise")


@pytest.mark.parametrize("fails", [False, True])
def test_whatever_is_set_is_put_back(fails):
    def start():
        torch.manual_seed(5)
        np.random.seed(5)  # noqa: NPY002
        random.seed(5)

    start()
    expected = settings()
    start()
    try:
        with isolated(3):
            meddle()
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert settings() == expected


def test_the_same_seed_draws_the_same_within():
    drawn = []
    for seed in (1, 2, 1):
        with isolated(seed):
            drawn.append((float(torch.rand(())), float(np.random.rand()), random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[2] != drawn[1]


def test_a_child_takes_nothing_from_its_generator(rng):
    same = np.random.default_rng(20260101)
    assert child_seed(rng) != child_seed(rng)
    assert rng.random() == same.random()


def test_a_training_function_that_trains_one_model_again_and_again_trains_each_client(digits):
    shared = nn.Parameter(torch.zeros(10, 64))

    def train(model, records, _):
        model[1].weight = shared
        with torch.no_grad():
            shared.copy_(torch.full_like(shared, len(records)))
        meddle()

    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    membership = np.arange(12) < np.array([[3], [7], [12]])
    rule, streams = OwnTraining(train, "mine:train"), [np.random.default_rng(row) for row in range(3)]
    start = stack_of_one(detached(model))
    clients = Clients(start, digits.part(0, 12), rule.draw(membership, streams), streams)
    trained = rule.train_many(model, clients)
    assert trained["1.weight"][:, 0, 0].tolist() == [3, 7, 12]
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
