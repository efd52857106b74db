"""Predictions and gradients of single records for every model of the zoo, against PyTorch in evaluation mode."""

from itertools import islice

import numpy as np
import pytest
import torch
from zoo.checks import Untouched, assert_close, assert_same, cases, cases_at_once, every_case, find
from zoo.models import ZOO

from fedsz_privacy.core.state import stack, unstack
from fedsz_privacy.training import evaluation, gradients
from fedsz_privacy.training.evaluation import measure, predict
from fedsz_privacy.training.gradients import gradient_chunks, gradient_names, record_gradients
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.vectorized import Computation, moved


def states_of(case):
    return stack([detached(case.model), moved(case.model)])


def judged(case, state):
    """Return what a model in evaluation mode makes of the records, as a PyTorch user would ask."""
    model, records = case.make(), case.records()
    model.load_state_dict(dict(state))
    dtype = next(model.parameters()).dtype
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        return model.eval()(*(each.to(dtype) if each.is_floating_point() else each for each in records.inputs))


def differentiated(case, state):
    """Return the gradient of each record's loss, by autograd, in evaluation mode."""
    model, records = case.make(), case.records()
    model.load_state_dict(dict(state))
    model.eval()
    trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
    dtype, each_record = next(model.parameters()).dtype, []
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for row in range(len(records)):
            record = records.part(row, row + 1)
            inputs = [each.to(dtype) if each.is_floating_point() else each.clone() for each in record.inputs]
            inputs = [each.clone() for each in inputs]
            (loss,) = record.task.loss(model(*inputs), record.targets)
            found = torch.autograd.grad(loss, list(trained.values()), allow_unused=True, materialize_grads=True)
            each_record.append(dict(zip(trained, found, strict=True)))
    return stack(each_record)


@every_case
def test_each_model_takes_the_paths_that_are_written_down(case):
    with torch.no_grad():
        found = evaluation.predicts_at_once(case.model, case.records())
    assert found == (Computation.PREDICTION in case.at_once)
    found = gradients.differentiates_at_once(case.model, case.records())
    assert found == (Computation.GRADIENTS in case.at_once)


@every_case
def test_predictions_are_those_of_a_model_in_evaluation_mode(case):
    states = states_of(case)
    outputs = predict(case.model, states, case.records())
    for row in range(2):
        assert_close({"outputs": outputs[row]}, {"outputs": judged(case, unstack(states, row))})


@every_case
def test_record_gradients_are_those_of_autograd_in_evaluation_mode(case):
    states = states_of(case)
    for row in range(2):
        state = unstack(states, row)
        found, expected = record_gradients(case.model, state, case.records()), differentiated(case, state)
        largest = max(1.0, *(float(tensor.abs().max()) for tensor in expected.values()))
        assert_close(found, expected, 1e-5 * largest)


@cases_at_once(Computation.PREDICTION)
def test_both_paths_of_prediction_agree(case, monkeypatch):
    at_once = predict(case.model, states_of(case), case.records())
    monkeypatch.setattr(evaluation, "predicts_at_once", lambda *_: False)
    assert_close({"outputs": predict(case.model, states_of(case), case.records())}, {"outputs": at_once})


@cases_at_once(Computation.GRADIENTS)
def test_both_paths_of_record_gradients_agree(case, monkeypatch):
    state = unstack(states_of(case), 1)
    at_once = record_gradients(case.model, state, case.records())
    monkeypatch.setattr(gradients, "differentiates_at_once", lambda *_: False)
    assert_close(record_gradients(case.model, state, case.records()), at_once)


@every_case
@pytest.mark.parametrize("training", [True, False])
def test_looking_changes_neither_model_states_nor_records(case, training):
    model, records, states = case.make().train(training), case.records(), states_of(case)
    with Untouched(model, [*states.values(), *records.inputs, records.targets]):
        predict(model, states, records)
        measure(model, states, records)
        record_gradients(model, unstack(states, 0), records)


@every_case
def test_looking_twice_shows_the_same_and_draws_nothing(case):
    def look():
        found = record_gradients(case.model, detached(case.model), case.records())
        return found | {"outputs": predict(case.model, states_of(case), case.records())}

    with torch.random.fork_rng():
        torch.manual_seed(5)
        first, drawn = look(), torch.rand(3)
        assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(5)))
        torch.manual_seed(6)
        assert_same(look(), first)


@cases("dropout", "alexnet-like", "transformer-dropout", "batch-norm-1d", "residual")
def test_a_models_mode_does_not_show_in_what_it_makes_of_records(case):
    states = states_of(case)
    for look in (lambda model: {"outputs": predict(model, states, case.records())},
                 lambda model: {"measure": measure(model, states, case.records())},
                 lambda model: record_gradients(model, unstack(states, 0), case.records())):  # fmt: skip
        assert_same(look(case.make().train()), look(case.make().eval()))


@every_case
def test_measures_are_the_means_of_the_tasks_metric(case):
    states, task = states_of(case), case.records().task
    found = measure(case.model, states, case.records())
    expected = [task.measure(judged(case, unstack(states, row)), case.records().targets).mean() for row in range(2)]
    assert found.dtype == torch.float64
    assert np.allclose(found, expected, atol=1e-5)


# What a model draws in evaluation mode depends on the records before in its chunk.
@pytest.mark.parametrize("case", [case for case in ZOO if case.name != "always-dropping"], ids=lambda case: case.name)
def test_chunks_of_gradients_joined_are_the_whole_and_none_is_larger_than_allowed(case, monkeypatch):
    model, state, records = case.model, detached(case.model), case.records()
    (whole,) = gradient_chunks(model, state, records)
    row = sum(state[name].nbytes for name in gradient_names(model, state))
    monkeypatch.setattr(gradients, "GRADIENT_BYTES", 5 * row + 1)
    chunks = list(gradient_chunks(model, state, records))
    assert [len(chunk) for chunk in chunks] == [5, 5, 5, 5, 4]
    assert max(chunk.nbytes for chunk in chunks) <= 5 * row
    assert_close({"gradients": torch.cat(chunks)}, {"gradients": whole})


def test_no_more_gradients_than_those_of_a_chunk_are_worked_out(monkeypatch):
    case, asked = find("mlp"), []
    model, state = case.model, detached(case.model)

    def watched(model, state, records):
        asked.append(len(records))
        return record_gradients(model, state, records)

    monkeypatch.setattr(gradients, "record_gradients", watched)
    monkeypatch.setattr(gradients, "GRADIENT_BYTES", 1)
    next(gradient_chunks(model, state, case.records()))
    assert asked == [1]
    assert len(list(islice(gradient_chunks(model, state, case.records()), 3))) == 3


def test_columns_of_gradients_are_the_tensors_that_train_each_once():
    case = find("tied-decoder")
    names = gradient_names(case.model, detached(case.model))
    assert "embedding.weight" in names
    assert "out.weight" not in names
    (lora,) = gradient_chunks(find("lora").make(), detached(find("lora").make()), find("lora").records())
    assert lora.shape == (24, 2 * 6 + 8 * 2)


def test_one_record_more_than_are_judged_at_once_may_be_squeezed(monkeypatch):
    class Squeezing(torch.nn.Linear):
        def forward(self, rows):
            return super().forward(rows).squeeze()

    monkeypatch.setattr(evaluation, "JUDGED_AT_ONCE", 23)
    monkeypatch.setattr(evaluation, "predicts_at_once", lambda *_: False)
    model = Squeezing(6, 1)
    outputs = predict(model, stack([detached(model)]), find("one-logit").records())
    assert torch.allclose(outputs[0], model(find("one-logit").records().inputs[0]), atol=1e-6)
