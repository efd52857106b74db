"""A user's own training function, as a rule like any other."""

import dp_accounting
import numpy as np
import pytest
import torch
from zoo.checks import Untouched, assert_close, assert_same, every_case, find

from fedsz_privacy.core.state import stack_of_one, unstack
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.own import OwnTraining

MEMBERSHIP = np.repeat(np.eye(4, dtype=bool), (11, 5, 2, 6), axis=1)[:3]


def train(model, records, _):
    """Adam with decay over all parameters, in batches drawn by torch, as users write it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    dtype = next(model.parameters()).dtype
    for batch in torch.randperm(len(records)).split(4):
        if len(batch) > 1:
            part = records.select(batch)
            optimizer.zero_grad()
            inputs = (each.to(dtype) if each.is_floating_point() else each for each in part.inputs)
            part.task.loss(model(*inputs), part.targets).mean().backward()
            optimizer.step()


RULE = OwnTraining(train, "mine:train")


def train_many(case, rows=range(3)):
    mine = [np.random.default_rng(row) for row in rows]
    batches = RULE.draw(MEMBERSHIP[list(rows)], mine)
    return RULE.train_many(case.model, Clients(stack_of_one(detached(case.model)), case.records(), batches, mine))


@every_case
def test_training_many_is_training_each_on_its_own_records(case):
    together, members = train_many(case), torch.from_numpy(MEMBERSHIP)
    for row in range(3):
        model = case.make()
        RULE.train(model, case.records().select(members[row]), np.random.default_rng(row))
        assert_same(unstack(together, row), model.state_dict())
        assert_same(unstack(train_many(case, (row,)), 0), model.state_dict())


@every_case
def test_frozen_tensors_stay_and_the_callers_model_and_records_are_left_alone(case):
    records = case.records()
    with Untouched(case.model, [*records.inputs, records.targets]):
        trained = train_many(case)
    for name, parameter in case.model.named_parameters(remove_duplicate=False):
        stays = torch.equal(trained[name], parameter.detach().expand(3, *parameter.shape))
        assert stays == (not parameter.requires_grad or name.startswith("spare")), name


def test_what_a_function_draws_from_torch_follows_from_its_generator_alone():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first, drawn = train_many(find("dropout")), torch.rand(3)
        assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(1)))
        torch.manual_seed(2)
        assert_same(train_many(find("dropout")), first)


def test_a_function_gets_the_global_state_in_training_mode_and_its_clients_records():
    case, seen = find("batch-norm-1d"), []

    def look(model, records, _):
        seen.append((model.training, detached(model), records.targets))

    states = stack_of_one(detached(case.make()))
    batches = RULE.draw(MEMBERSHIP, [])
    OwnTraining(look, "mine:look").train_many(
        case.make().eval(), Clients(states, case.records(), batches, [np.random.default_rng(row) for row in range(3)])
    )
    for (training, state, targets), members in zip(seen, MEMBERSHIP, strict=True):
        assert training
        assert_close(state, unstack(states, 0), 0)
        assert torch.equal(targets, case.records().targets[torch.from_numpy(members)])


def test_nothing_is_guaranteed_unless_the_function_claims_it():
    assert isinstance(RULE.event, dp_accounting.NonPrivateDpEvent)
    assert RULE.reason == "the training function claims no privacy event, so nothing is guaranteed"


def test_a_client_may_have_no_records():
    def count(_, records, __):
        assert len(records) == 0

    case = find("mlp")
    batches = RULE.draw(np.zeros((1, 24), bool), [])
    states = stack_of_one(detached(case.model))
    trained = OwnTraining(count, "mine:count").train_many(
        case.model, Clients(states, case.records(), batches, [np.random.default_rng(0)])
    )
    assert_same(unstack(trained, 0), unstack(states, 0))


@pytest.mark.parametrize("records", [1, 100])
def test_the_size_of_a_client_changes_no_rule_of_its_own(records):
    assert RULE.sized(records) == RULE
