"""Plain training of every model of the zoo, against an ordinary PyTorch loop."""

from functools import cache

import numpy as np
import pytest
import torch
from zoo.checks import Untouched, assert_close, assert_same, cases, cases_at_once, every_case, find

from fedsz_privacy.core.state import stack_of_one, unstack
from fedsz_privacy.training import plain_steps
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.names import Optimizer
from fedsz_privacy.training.vectorized import Computation

SIZES = (11, 5, 3, 0)
"""Records of each client, of which no two are another's: last batches are smaller, and some steps empty."""

MEMBERSHIP = np.repeat(np.eye(5, dtype=bool), (*SIZES, 24 - sum(SIZES)), axis=1)[:4]

OPTIMIZERS = {
    Optimizer.SGD: lambda parameters, decay: torch.optim.SGD(parameters, lr=0.1, weight_decay=decay),
    Optimizer.MOMENTUM: lambda parameters, decay: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=decay),
    Optimizer.ADAM: lambda parameters, decay: torch.optim.Adam(parameters, lr=0.1, weight_decay=decay),
    Optimizer.ADAMW: lambda parameters, decay: torch.optim.AdamW(parameters, lr=0.1, weight_decay=decay),
}


COMPANY = ((1, 3), (1,))


def rule(optimizer=Optimizer.SGD, decay=0.1):
    return Training(epochs=2, batch_size=4, learning_rate=0.1, optimizer=optimizer, weight_decay=decay)


def generators(rows=range(4)):
    return [np.random.default_rng(row) for row in rows]


def train(model, records, training, rows=range(4)):
    mine = generators(rows)
    batches = training.draw(MEMBERSHIP[list(rows)], mine)
    return training.train_many(model, Clients(stack_of_one(detached(model)), records, batches, mine))


@cache
def trained_once(case):
    """Return what every client's training makes of a model, for all tests that look at it."""
    return train(case.model, case.records(), rule())


def ordinary(model, records, training, row):
    """Train as a PyTorch user would, on the batches and with the seed that the rule draws."""
    model.train()
    generator, dtype = np.random.default_rng(row), next(model.parameters()).dtype
    (batches,) = training.draw(MEMBERSHIP[[row]], [generator])
    normalises = any(isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) for layer in model.modules())
    optimizer = OPTIMIZERS[training.optimizer](model.parameters(), training.weight_decay)
    with torch.random.fork_rng():
        torch.manual_seed(int(generator.integers(2**63)))
        for step in batches:
            drawn = torch.from_numpy(step[step != ABSENT])
            if len(drawn) < (2 if normalises else 1):
                continue
            inputs = [each[drawn].to(dtype) if each.is_floating_point() else each[drawn] for each in records.inputs]
            optimizer.zero_grad()
            torch.autograd.backward(records.task.loss(model(*inputs), records.targets[drawn]).mean())
            optimizer.step()
    return model.state_dict()


def precise(case):
    model = case.make().double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05)
    return model


@every_case
def test_each_model_takes_the_path_that_is_written_down(case):
    assert plain_steps.trains_at_once(case.model, case.records()) == (Computation.TRAINING in case.at_once)


@every_case
def test_training_equals_an_ordinary_loop(case):
    for row in range(4):
        assert_close(unstack(trained_once(case), row), ordinary(case.make(), case.records(), rule(), row))


@every_case
@pytest.mark.parametrize(
    "optimizer",
    [
        Optimizer.ADAMW,
        pytest.param(Optimizer.ADAM, marks=pytest.mark.slow),
        pytest.param(Optimizer.MOMENTUM, marks=pytest.mark.slow),
    ],
)
def test_every_optimizer_equals_torchs_with_decay_and_steps_left_out(case, optimizer):
    # In 64 bits and away from zero: Adam divides by the size of a gradient, and makes steps of the rounding of zeros.
    trained = train(precise(case), case.records(), rule(optimizer))
    for row in range(4):
        assert_close(unstack(trained, row), ordinary(precise(case), case.records(), rule(optimizer), row), 1e-6)


@cases_at_once(Computation.TRAINING)
def test_both_paths_agree(case, monkeypatch):
    at_once = trained_once(case)
    monkeypatch.setattr(plain_steps, "trains_at_once", lambda *_: False)
    assert_close(at_once, train(case.model, case.records(), rule()))


@every_case
def test_training_one_client_is_training_many_with_the_same_draws(case):
    records, model, start = case.records().part(0, 11), case.make(), case.model
    rule().train(model, records, np.random.default_rng(7))
    pair = generators((7, 8))
    batches = rule().draw(np.ones((2, 11), bool), pair)
    trained = rule().train_many(start, Clients(stack_of_one(detached(start)), records, batches, pair))
    assert_close(unstack(trained, 0), model.state_dict())


@every_case
def test_a_client_is_the_same_in_any_company(case):
    together, (pair, alone) = trained_once(case), (train(case.model, case.records(), rule(), rows) for rows in COMPANY)
    assert_close(unstack(together, 1), unstack(pair, 0))
    assert_close(unstack(together, 1), unstack(alone, 0))
    if Computation.TRAINING not in case.at_once:
        assert_same(unstack(together, 1), unstack(alone, 0))


@every_case
def test_one_seed_gives_one_result_and_leaves_the_draws_of_torch_alone(case):
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first, drawn = train(case.model, case.records(), rule()), torch.rand(3)
        assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(5)))
    # What was trained once was so at another seed of torch.
    assert_same(trained_once(case), first)


@every_case
def test_frozen_tensors_stay_and_all_others_move(case):
    model = case.model
    trained = train(model, case.records(), rule(Optimizer.ADAMW))
    for name, parameter in model.named_parameters(remove_duplicate=False):
        stays = torch.equal(trained[name], parameter.detach().expand(4, *parameter.shape))
        assert stays == (not parameter.requires_grad or name.startswith("spare")), name


@every_case
def test_the_callers_model_states_and_records_are_left_alone(case):
    model, records = case.make().eval(), case.records()
    start, mine = stack_of_one(detached(case.make())), generators()
    with Untouched(model, [*start.values(), *records.inputs, records.targets]):
        rule().train_many(model, Clients(start, records, rule().draw(MEMBERSHIP, mine), mine))


def test_batch_statistics_and_counts_are_part_of_what_is_trained():
    case = find("batch-norm-2d")
    trained = train(case.model, case.records(), rule())
    # Batches of one record, the second client's last of each epoch, are left out.
    assert trained["1.num_batches_tracked"].tolist() == [6, 2, 2, 0]
    assert not torch.allclose(trained["1.running_mean"][0], trained["1.running_mean"][1])
    assert torch.equal(trained["1.running_mean"][3], case.make()[1].running_mean)


def test_integers_and_bools_are_carried():
    case = find("counting")
    trained = train(case.model, case.records(), rule())
    assert trained["batches"].tolist() == [6, 4, 2, 0]
    assert trained["begun"].tolist() == [True, True, True, False]


@cases("mlp", "dropout", "batch-norm-1d")
def test_each_client_starts_from_its_own_state(case):
    model, mine = case.make(), generators()
    starts = {
        name: torch.stack([tensor + 0.01 * row if tensor.is_floating_point() else tensor for row in range(4)])
        for name, tensor in detached(model).items()
    }
    together = rule().train_many(model, Clients(starts, case.records(), rule().draw(MEMBERSHIP, mine), mine))
    for row in range(4):
        model.load_state_dict(unstack(starts, row))
        assert_close(unstack(together, row), ordinary(model, case.records(), rule(), row))
