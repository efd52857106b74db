"""DP-SGD on every model of the zoo, against autograd one record after another."""

from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from zoo.checks import Untouched, assert_close, assert_same, cases, find
from zoo.models import ZOO
from zoo.records import images, tokens

from fedsz_privacy import InputError
from fedsz_privacy.core.state import stack_of_one, unstack
from fedsz_privacy.training import clipped_sums, gradients, private_steps
from fedsz_privacy.training.batches import ABSENT
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.clipped_sums import sums_alone, sums_at_once
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.modes import detached, trainable
from fedsz_privacy.training.per_example import per_example_gradients_alone
from fedsz_privacy.training.private_models import refuse_unless_private
from fedsz_privacy.training.vectorized import Computation

RULE = DPTraining(expected_records=8, noise_multiplier=0.5, clip_norm=0.4, epochs=2, batch_size=4, learning_rate=0.2)

MEMBERSHIP = np.repeat(np.eye(4, dtype=bool), (11, 5, 0, 8), axis=1)[:3]

private = pytest.mark.parametrize("case", [case for case in ZOO if not case.refused], ids=lambda case: case.name)

at_once = pytest.mark.parametrize(
    "case", [case for case in ZOO if Computation.PRIVATE_TRAINING in case.at_once], ids=lambda case: case.name
)


def generators(rows=range(3)):
    return [np.random.default_rng(row) for row in rows]


def train(model, records, rows=range(3), rule=RULE):
    mine = generators(rows)
    batches = rule.draw(MEMBERSHIP[list(rows)], mine)
    return rule.train_many(model, Clients(stack_of_one(detached(model)), records, batches, mine))


@cache
def trained_once(case):
    """Return what every client's training makes of a model, for all tests that look at it."""
    return train(case.model, case.records())


def ordinary(model, records, row):
    """Clip, add up, add noise and step, one record after another, by the textbook."""
    model.train()
    generator, names = np.random.default_rng(row), list(dict.fromkeys(trainable(model).values()))
    parameters, dtype = [model.get_parameter(name) for name in names], next(model.parameters()).dtype
    (batches,) = RULE.draw(MEMBERSHIP[[row]], [generator])
    noise = torch.Generator().manual_seed(int(generator.integers(2**32)))
    with torch.random.fork_rng():
        torch.manual_seed(int(generator.integers(2**63)))
        for step in batches:
            totals = [torch.zeros_like(each, dtype=torch.promote_types(dtype, torch.float32)) for each in parameters]
            for index in step[step != ABSENT]:
                record = records.part(index, index + 1)
                inputs = [each.to(dtype) if each.is_floating_point() else each for each in record.inputs]
                inputs = [each.clone() for each in inputs]
                loss = record.task.loss(model(*inputs), record.targets)[0]
                found = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
                length = torch.stack([each.double().square().sum() for each in found]).sum().sqrt()
                factor = min(1.0, float(RULE.clip_norm / length))
                totals = [total + factor * each.to(total.dtype) for total, each in zip(totals, found, strict=True)]
            with torch.no_grad():
                for parameter, total in zip(parameters, totals, strict=True):
                    drawn = torch.empty_like(total).normal_(0, RULE.noise_multiplier * RULE.clip_norm, generator=noise)
                    parameter.copy_(parameter - RULE.learning_rate * (total + drawn) / RULE.batch_size)
    return model.state_dict()


@private
def test_each_model_takes_the_path_that_is_written_down(case):
    found = clipped_sums.trains_privately_at_once(case.model, case.records())
    assert found == (Computation.PRIVATE_TRAINING in case.at_once)


@private
def test_training_equals_the_textbook(case):
    for row in range(3):
        assert_close(unstack(trained_once(case), row), ordinary(case.make(), case.records(), row))


@at_once
def test_both_paths_agree(case, monkeypatch):
    together = trained_once(case)
    monkeypatch.setattr(private_steps, "trains_privately_at_once", lambda *_: False)
    assert_close(together, train(case.model, case.records()))


@private
def test_training_one_client_is_training_many_with_the_same_draws(case):
    records, model, start, pair = case.records().part(0, 11), case.make(), case.model, generators((7, 8))
    RULE.train(model, records, np.random.default_rng(7))
    batches = RULE.draw(np.ones((2, 11), bool), pair)
    trained = RULE.train_many(start, Clients(stack_of_one(detached(start)), records, batches, pair))
    assert_close(unstack(trained, 0), model.state_dict())


@private
def test_a_client_is_the_same_in_any_company(case):
    together, alone = trained_once(case), train(case.model, case.records(), (1,))
    assert_close(unstack(together, 1), unstack(alone, 0))
    if Computation.PRIVATE_TRAINING not in case.at_once:
        assert_same(unstack(together, 1), unstack(alone, 0))


@private
def test_one_seed_gives_one_result_and_leaves_the_draws_of_torch_alone(case):
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first, drawn = train(case.model, case.records()), torch.rand(3)
        assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(5)))
    # What was trained once was so at another seed of torch.
    assert_same(trained_once(case), first)


@private
def test_nothing_but_the_parameters_that_train_moves(case):
    model, records = case.make().eval(), case.records()
    with Untouched(model, [*records.inputs, records.targets]):
        trained = train(model, records)
    moves = {name for name, each in model.named_parameters(remove_duplicate=False) if each.requires_grad}
    for name, tensor in detached(model).items():
        assert torch.equal(trained[name], tensor.expand(3, *tensor.shape)) == (name not in moves), name


@pytest.mark.parametrize("case", [case for case in ZOO if case.refused], ids=lambda case: case.name)
def test_models_that_carry_records_past_the_clipping_are_refused(case):
    with pytest.raises(InputError, match=case.refused):
        train(case.model, case.records())


def test_what_is_refused_is_named():
    case = find("counting")
    with pytest.raises(InputError, match="batches changes when records pass, which is not private: train without it"):
        train(case.model, case.records())
    with pytest.raises(InputError, match=r"layer 0 \(Embedding\) rescales the rows that records look up"):
        refuse_unless_private(nn.Sequential(nn.Embedding(11, 8, max_norm=1.0)))


class WithUnknown(nn.Module):
    """A buffer that holds nan, and does not move."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(64, 3)
        self.register_buffer("unknown", torch.full((2,), torch.nan))

    def forward(self, pictures):
        return self.body(pictures.flatten(1))


def test_a_buffer_that_is_not_a_number_does_not_move():
    assert train(WithUnknown(), images())["unknown"].isnan().all()


@cases("cnn-group-norm", "decoder", "scalar-parameter", "lora")
@pytest.mark.parametrize("of", [sums_alone, sums_at_once])
def test_gradients_of_a_batch_taken_in_parts_have_the_same_sum(case, of, monkeypatch):
    model, records = case.make(), case.records()
    parameters = {name: detached(model)[name][None] for name in dict.fromkeys(trainable(model).values())}
    fixed = {name: tensor[None] for name, tensor in detached(model).items() if name not in trainable(model)}
    drawn, present = torch.arange(7)[None], torch.arange(7)[None] != 3
    whole = of(model, records, 0.4)(parameters, fixed, drawn, present)
    monkeypatch.setattr(gradients, "GRADIENT_BYTES", 1)
    assert_close(of(model, records, 0.4)(parameters, fixed, drawn, present), whole, 1e-6)


@cases("mlp", "lstm", "bfloat16", "scalar-parameter", "embedding-bag")
@settings(max_examples=10, deadline=None)
@given(
    clip_norm=st.floats(1e-3, 1e3),
    scale=st.floats(0.1, 1e3),
    present=st.lists(st.booleans(), min_size=6, max_size=6),
    removed=st.integers(0, 5),
)
def test_a_record_moves_the_sum_by_at_most_the_clip_norm_one_by_one(case, clip_norm, scale, present, removed):
    model = case.make()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    with_it = torch.tensor(present)
    with_it[removed] = True
    without = with_it.clone()
    without[removed] = False
    per_example = per_example_gradients_alone(model, case.records().part(0, 6))
    sums = [per_example.clipped_sum(records, clip_norm) for records in (with_it, without)]
    moved = sum((sums[0][name] - sums[1][name]).double().square().sum() for name in sums[0]) ** 0.5
    largest = max(float(each.abs().max()) for each in sums[0].values())
    assert moved <= clip_norm * (1 + 1e-4) + 1e-6 * largest


def test_words_that_no_record_has_move_by_noise_too():
    model, records = find("embedding-mean").model, tokens()
    records.inputs[0].clamp_(max=3)
    assert (train(model, records)["embedding.weight"] != model.embedding.weight).all()
