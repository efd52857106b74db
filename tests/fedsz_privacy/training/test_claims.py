"""A user's own training function: what it is given, what it may claim, and what Opacus' accountant claims for it."""

import random
import sys
import warnings
from itertools import count
from math import inf
from types import ModuleType, SimpleNamespace

import dp_accounting
import numpy as np
import pytest
import torch
from opacus import PrivacyEngine
from opacus.accountants import GaussianAccountant, PRVAccountant, RDPAccountant
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from analysis.studies.claims import claimed
from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.check import check_rule
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.own import UNCLAIMED, OwnTraining, find_training

MEMBERSHIP = np.random.default_rng(7).random((3, 60)) < 0.5


def streams(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def model(digits):
    return build_model("mlp", digits, seed=1)


@pytest.fixture
def pool(digits):
    return digits.part(0, 60)


def noisy_loop(model, records, generator):
    """Draws from both sources of random numbers."""
    assert model.training
    order = torch.randperm(len(records))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * (1 + generator.random()))
    for batch in order.split(10):
        part = records.select(batch)
        optimizer.zero_grad()
        part.task.loss(model(*part.inputs), part.targets).mean().backward()
        optimizer.step()


def private_loop(model, records, generator, noise=1.1, accountant="rdp"):  # noqa: ARG001
    engine = PrivacyEngine(accountant=accountant)
    loader = DataLoader(TensorDataset(*records.inputs, records.targets), batch_size=10)
    private, optimizer, loader = engine.make_private(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        data_loader=loader,
        noise_multiplier=noise,
        max_grad_norm=1.0,
    )
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(private(images), labels).backward()
        optimizer.step()
    return engine


def test_every_client_trains_on_its_own_records_in_any_company_and_torch_goes_on_as_if_nothing_was_drawn(model, pool):
    rule = OwnTraining(noisy_loop, "mine:noisy_loop")
    before, kept = torch.random.get_rng_state(), {n: t.clone() for n, t in detached(model).items()}
    batches = rule.draw(MEMBERSHIP, [])
    states = stack_of_one(detached(model))
    trained = rule.train_many(model, Clients(states, pool, batches, [streams(seed) for seed in range(3)]))
    for row, members in enumerate(MEMBERSHIP):
        alone = build_model("mlp", pool, seed=1)
        rule.train(alone, pool.select(members), streams(row))
        for name, tensor in alone.state_dict().items():
            assert torch.equal(trained[name][row], tensor), name
            assert not torch.equal(tensor, kept[name])
    for name, tensor in detached(model).items():
        assert torch.equal(tensor, kept[name])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_function_that_claims_nothing_guarantees_nothing_in_any_number_of_rounds(model, pool):
    rule = OwnTraining(noisy_loop, "mine:noisy_loop")
    for each in (rule, rule.over(3), rule.claimed(model, pool, streams()), rule.sized(7)):
        assert isinstance(each.event, dp_accounting.NonPrivateDpEvent)
        assert each.reason == UNCLAIMED
    assert epsilon(rule.over(3).event, 1e-5) == inf


@pytest.mark.slow
@pytest.mark.parametrize("accountant", ["rdp", "prv", "gdp"])
@pytest.mark.parametrize("rounds", [1, 3])
def test_what_opacus_accountant_counted_is_the_guarantee_over_all_rounds(model, pool, accountant, rounds):
    """Against Opacus' own PRV accountant, fed the steps of all rounds."""

    def train(model, records, generator):
        return private_loop(model, records, generator, accountant=accountant)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="GDP accounting is experimental")
        rule = OwnTraining(train, "mine:train").claimed(model, pool, streams()).over(rounds)
    expected = PRVAccountant()
    expected.history = [(1.1, 1 / 6, 6 * rounds)]
    assert epsilon(rule.event, 1e-5) == pytest.approx(expected.get_epsilon(1e-5), abs=0.02)
    for words in (
        "one training on 60 records",
        "6 steps at noise multiplier 1.1 and sampling rate 0.1667",
        "one record added or removed",
        "if every training does the same",
    ):
        assert words in rule.reason
    assert "\n" not in rule.reason


def test_a_history_of_several_parts_is_all_counted(model, pool):
    accountant = RDPAccountant()
    accountant.history = [(2.0, 0.1, 50), (1.0, 0.05, 20)]
    rule = OwnTraining(lambda *_: SimpleNamespace(accountant=accountant), "mine:train").claimed(model, pool, streams())
    expected = PRVAccountant()
    expected.history = list(accountant.history)
    assert epsilon(rule.event, 1e-5) == pytest.approx(expected.get_epsilon(1e-5), abs=0.02)


def test_batches_that_were_added_up_beyond_all_records_count_as_all_of_them(model, pool):
    accountant = GaussianAccountant.__new__(GaussianAccountant)
    accountant.history = [(2.0, 1.5, 4)]
    rule = OwnTraining(lambda *_: SimpleNamespace(accountant=accountant), "mine:train").claimed(model, pool, streams())
    gaussian = dp_accounting.SelfComposedDpEvent(dp_accounting.GaussianDpEvent(2.0), 4)
    assert epsilon(rule.event, 1e-5) == pytest.approx(epsilon(gaussian, 1e-5), rel=0.01)


def test_an_engine_may_also_be_an_attribute(model, pool):
    def train(model, records, generator):
        train.privacy_engine = private_loop(model, records, generator)

    rule = OwnTraining(train, "mine:train")
    kept = {name: tensor.clone() for name, tensor in detached(model).items()}
    returned = OwnTraining(private_loop, "mine:train").claimed(model, pool, streams())
    assert rule.claimed(model, pool, streams()).event == returned.event
    for name, tensor in detached(model).items():
        assert torch.equal(tensor, kept[name])


@pytest.mark.parametrize("returned", [PrivacyEngine, lambda: 0.7, lambda: "done", lambda: (1, 2)])
def test_an_engine_that_counted_no_step_and_other_returned_values_claim_nothing(model, pool, returned):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = returned()
    rule = OwnTraining(lambda *_: value, "mine:train").claimed(model, pool, streams())
    assert isinstance(rule.event, dp_accounting.NonPrivateDpEvent)


def test_no_noise_guarantees_nothing(model, pool):
    rule = OwnTraining(lambda *given: private_loop(*given, noise=0.0), "mine:train").claimed(model, pool, streams())
    assert epsilon(rule.event, 1e-5) == inf


def test_opacus_warnings_do_not_reach_users(model, pool, capfd):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        OwnTraining(private_loop, "mine:train").train(model, pool, streams())
        assert not caught
        OwnTraining(lambda *_: warnings.warn("of their own", stacklevel=1), "mine:train").train(model, pool, streams())
    assert [str(each.message) for each in caught] == ["of their own"]
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def find():
    """Give functions an import path, and find them by it."""
    made = []

    def find(function):
        name = f"own_training_{next(numbers)}"
        made.append(name)
        sys.modules[name] = ModuleType(name)
        sys.modules[name].train = function
        return find_training(f"{name}:train")

    numbers = count()
    yield find
    for name in made:
        del sys.modules[name]


def test_a_claim_stands_as_it_is_and_nothing_is_trained_for_it(find, model, pool):
    def train(*_):
        raise AssertionError

    train.event, train.reason = dp_accounting.GaussianDpEvent(2.0), "it says so"
    rule = find(train)
    assert rule.claimed(model, pool, streams()) is rule
    assert (rule.event, rule.reason) == (train.event, "it says so")
    thrice = dp_accounting.SelfComposedDpEvent(train.event, 3)
    assert epsilon(rule.over(3).event, 1e-5) == pytest.approx(epsilon(thrice, 1e-5))


@pytest.mark.parametrize(
    ("event", "reason", "message"),
    [
        (8.0, "it says so", "has an event of type float: make it a dp_accounting.DpEvent"),
        (
            dp_accounting.GaussianDpEvent(1.0),
            None,
            "claims an event without a reason: say why it holds in train.reason",
        ),
        (
            dp_accounting.GaussianDpEvent(1.0),
            "  ",
            "claims an event without a reason: say why it holds in train.reason",
        ),
    ],
)
def test_a_claim_that_cannot_be_read_is_one_line(find, event, reason, message):
    def train(*_):
        pass

    train.event, train.reason = event, reason
    with pytest.raises(InputError, match=message) as caught:
        find(train)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_function_keeps_its_traceback(model, pool):
    def train(*_):
        raise ZeroDivisionError("of the user's own")

    with pytest.raises(ZeroDivisionError, match="of the user's own"):
        OwnTraining(train, "mine:train").claimed(model, pool, streams())


def test_whether_a_records_buffer_moves_is_the_functions_own_affair(pool):
    """Batch statistics are part of what a client's own loop sends."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))
    rule = OwnTraining(noisy_loop, "mine:noisy_loop")
    batches = rule.draw(MEMBERSHIP, [])
    trained = rule.train_many(
        model, Clients(stack_of_one(detached(model)), pool, batches, [streams(s) for s in range(3)])
    )
    assert trained["2.num_batches_tracked"].tolist() == [-(-int(members.sum()) // 10) for members in MEMBERSHIP]
    assert not torch.equal(trained["2.running_mean"][0], trained["2.running_mean"][1])


def test_a_function_that_draws_from_any_global_source_repeats_itself(model, pool):
    def train(model, records, generator):  # noqa: ARG001
        with torch.no_grad():
            model[-1].bias += np.random.random() + random.random() + float(torch.rand(()))  # noqa: NPY002

    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    rule, states = OwnTraining(train, "mine:train"), stack_of_one(detached(model))
    batches = rule.draw(MEMBERSHIP, [])
    trained = [
        rule.train_many(model, Clients(states, pool, batches, [streams(row) for row in range(3)]))["5.bias"]
        for _ in range(2)
    ]
    assert torch.equal(*trained)
    assert not torch.equal(trained[0][0], trained[0][1])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # noqa: NPY002


def test_what_a_training_of_a_claim_writes_into_its_records_stays_there(digits):
    def train(model, records, generator):  # noqa: ARG001
        records.inputs[0].zero_()

    spec = SimpleNamespace(rule=OwnTraining(train, "mine:train"), seed=0)
    claimed(spec, nn.Linear(2, 2), digits, 20)
    assert digits.inputs[0][:20].any()


@pytest.mark.parametrize("batch_size", [32, 50])
def test_a_function_that_drops_batches_that_are_not_full_is_tried_on_enough_records(digits, model, batch_size):
    def train(model, records, generator):  # noqa: ARG001
        for _ in range(len(records) // batch_size):
            nn.init.zeros_(model[-1].weight)

    check_rule(OwnTraining(train, "mine:train"), model, "mlp", digits.part(0, 60))
    with pytest.raises(InputError, match="training left model mlp as it was"):
        check_rule(OwnTraining(train, "mine:train"), model, "mlp", digits.part(0, 20))
