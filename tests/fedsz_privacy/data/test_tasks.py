"""Tasks against PyTorch's own losses, closed forms, and what a confidence must do."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from fedsz_privacy import InputError
from fedsz_privacy.data import Task, binary, classification, next_token, regression
from fedsz_privacy.data.tasks import IGNORED, find_task

N, CLASSES, LENGTH = 7, 5, 4
TASKS = {"classification": classification(CLASSES), "binary": binary(), "regression": regression(2),
         "next token": next_token(CLASSES)}  # fmt: skip
EACH = pytest.mark.parametrize("name", TASKS)


def drawn(name, seed=0):
    """Return outputs and targets of a task."""
    draw = torch.Generator().manual_seed(seed)
    shapes = {
        "classification": (N, CLASSES),
        "binary": (N, 1),
        "regression": (N, 2),
        "next token": (N, LENGTH, CLASSES),
    }
    outputs = torch.randn(shapes.get(name, (N, LENGTH, CLASSES)), generator=draw)
    if name == "regression":
        return outputs, torch.randn(N, 2, generator=draw)
    size = (N, LENGTH) if name == "next token" else (N,)
    targets = torch.randint(2 if name == "binary" else CLASSES, size, generator=draw)
    if name == "next token":
        targets[::2, 2:] = IGNORED
    return outputs, targets


def reference(name, outputs, targets):
    """Return each record's loss by PyTorch's own functions, record by record."""
    if name == "classification":
        return [functional.cross_entropy(row, target) for row, target in zip(outputs, targets, strict=True)]
    if name == "binary":
        rows = zip(outputs.squeeze(-1), targets, strict=True)
        return [functional.binary_cross_entropy(row.sigmoid(), target.float()) for row, target in rows]
    if name == "regression":
        return [functional.mse_loss(row, target) for row, target in zip(outputs, targets, strict=True)]
    rows = zip(outputs, targets, strict=True)
    return [functional.cross_entropy(row, target, ignore_index=IGNORED) for row, target in rows]


@EACH
def test_the_loss_of_each_record_is_pytorchs(name):
    outputs, targets = drawn(name)
    losses = TASKS[name].loss(outputs, targets)
    assert losses.shape == (N,)
    assert losses.tolist() == pytest.approx([float(each) for each in reference(name, outputs, targets)], rel=1e-5)


@pytest.mark.parametrize("name", ["classification", "binary", "next token"])
def test_a_confidence_is_the_log_odds_of_the_targets_probability(name):
    """Of a sequence, the probability is the geometric mean over its tokens, exp(-loss)."""
    outputs, targets = drawn(name)
    probabilities = torch.exp(-TASKS[name].loss(outputs.double(), targets))
    expected = torch.log(probabilities / (1 - probabilities))
    assert torch.allclose(TASKS[name].confidence(outputs.double(), targets), expected)


def test_the_confidence_of_a_regression_is_minus_the_root_of_its_loss():
    outputs, targets = drawn("regression")
    distance = torch.linalg.vector_norm(outputs - targets, dim=1) / 2**0.5
    assert torch.allclose(TASKS["regression"].confidence(outputs, targets), -distance)


@EACH
@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_whoever_has_less_loss_has_more_confidence(name, seed):
    outputs, targets = drawn(name, seed)
    losses, confidences = TASKS[name].loss(outputs, targets), TASKS[name].confidence(outputs, targets)
    order = torch.argsort(losses)
    assert (torch.diff(confidences[order]) <= 1e-4).all()


@EACH
@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_a_model_that_is_sure_gives_finite_confidences(name, scale):
    outputs, targets = drawn(name)
    assert TASKS[name].confidence(scale * outputs.double(), targets).isfinite().all()


@EACH
def test_outputs_of_16_bits_are_judged_in_32(name):
    outputs, targets = drawn(name)
    half = outputs.bfloat16()
    assert torch.equal(TASKS[name].loss(half, targets), TASKS[name].loss(half.float(), targets))


def test_metrics_are_what_they_are_called():
    outputs, targets = drawn("classification")
    hits = (outputs.argmax(-1) == targets).double()
    assert torch.equal(TASKS["classification"].measure(outputs, targets), hits)
    logits, labels = torch.tensor([[2.0], [-1.0], [3.0]]), torch.tensor([1, 0, 0])
    assert binary().measure(logits, labels).tolist() == [1, 1, 0]
    assert regression().measure(torch.tensor([[1.0], [4.0]]), torch.tensor([3.0, 3.5])).tolist() == [2, 0.5]
    tokens = torch.eye(CLASSES)[torch.tensor([[0, 1, 2, 3]])]
    assert next_token(CLASSES).measure(tokens, torch.tensor([[0, 1, 4, IGNORED]])).tolist() == pytest.approx([2 / 3])


@pytest.mark.parametrize("name", ["classification", "binary", "next token"])
def test_a_mistake_is_never_the_target_and_leaves_padding_alone(name):
    _, targets = drawn(name)
    wrong = TASKS[name].mistake(targets, np.random.default_rng(0))
    assert (wrong[targets != IGNORED] != targets[targets != IGNORED]).all()
    assert torch.equal(wrong == IGNORED, targets == IGNORED)
    assert wrong[wrong != IGNORED].min() >= 0
    assert wrong.max() < (2 if name == "binary" else CLASSES)


def test_a_mistake_about_a_number_lies_on_the_other_side_of_the_middle():
    targets = torch.tensor([0.0, 1.0, 10.0])
    assert regression().mistake(targets, np.random.default_rng(0)).tolist() == [10, 9, 0]


@EACH
def test_targets_that_are_drawn_have_nothing_to_do_with_their_records(name):
    _, targets = drawn(name)
    first, other = (TASKS[name].draw(targets, np.random.default_rng(seed)) for seed in (0, 1))
    assert first.shape == targets.shape
    assert first.dtype == targets.dtype
    assert not torch.equal(first, other)


@EACH
def test_outputs_of_the_right_shape_fit_and_others_do_not(name):
    outputs, targets = drawn(name)
    task, shape = TASKS[name], tuple(targets.shape)
    assert task.fits(tuple(outputs.shape), shape)
    assert not task.fits((*outputs.shape[:-1], outputs.shape[-1] + 1), shape)
    assert not task.fits((1, *outputs.shape[1:]), shape)


def test_the_same_task_is_one_and_the_same():
    assert classification(3) == classification(3) != classification(4)
    assert binary() is binary()


def test_a_task_of_ones_own_is_found_by_its_path(tmp_path, monkeypatch):
    (tmp_path / "own_tasks.py").write_text(
        "from dataclasses import replace\nfrom fedsz_privacy.data import regression\n"
        "def loss(outputs, targets):\n    return (outputs[:, 0] - targets).abs()\n"
        "ABSOLUTE = replace(regression(), name='absolute', loss=loss)\n"
        "NUMBER = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(found := find_task("own_tasks:ABSOLUTE"), Task)
    assert found.loss(torch.tensor([[1.0]]), torch.tensor([3.0])).tolist() == [2]
    with pytest.raises(InputError, match="own_tasks:NUMBER gives an object of type int: make it a Task"):
        find_task("own_tasks:NUMBER")
