from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.checkpoint import checkpoint

from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.factored_layers import factored_layers
from fedsz_privacy.training.gradients import record_gradients
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.per_example import per_example_gradients

PRESENT = torch.ones(6, dtype=torch.bool)


class Odd(nn.Module):
    """Linear layers that run twice, on a sequence, through their weight only, and with a weight of another's."""

    def __init__(self):
        super().__init__()
        self.twice, self.rows, self.borrowed = nn.Linear(64, 64, bias=False), nn.Linear(8, 8), nn.Linear(64, 64)
        self.tied, self.plain, self.last = nn.Linear(64, 64), nn.Linear(64, 64, bias=False), nn.Linear(64, 10)
        self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(64, 64))
        self.tied.weight = self.twice.weight

    def forward(self, images):
        x = torch.tanh(self.twice(self.twice(images.flatten(1))))
        x = torch.tanh(self.rows(x.reshape(-1, 8, 8)).flatten(1))
        x = nn.functional.linear(self.borrowed(x), self.borrowed.weight)
        return self.last(torch.tanh(self.plain(self.normed(self.tied(x)))))


def make(name, digits):
    torch.manual_seed(0)
    return Odd() if name == "odd" else build_model(name, digits, seed=1)


def gradients(model, digits, factored):
    parameters, few = {name: tensor.detach() for name, tensor in model.named_parameters()}, digits.part(0, 6)
    return per_example_gradients(model, few.task, factored, parameters, {}, few.inputs, few.targets)


@pytest.mark.parametrize(
    ("name", "layers"), [("mlp", ("1", "3", "5")), ("cnn", ("8", "10")), ("odd", ("plain", "last"))]
)
def test_norms_and_sums_equal_autograd_on_either_path(digits, name, layers):
    model = make(name, digits)
    assert factored_layers(model, digits.part(0, 1).inputs) == layers
    alone = []
    for index in range(6):
        record = digits.part(index, index + 1)
        loss = nn.functional.cross_entropy(model(*record.inputs), record.targets)
        alone.append(
            dict(zip(dict(model.named_parameters()), torch.autograd.grad(loss, model.parameters()), strict=True))
        )
    norms = torch.tensor([sum(tensor.square().sum() for tensor in each.values()) ** 0.5 for each in alone])
    clip_norm = float(norms.median())
    for factored in (layers, ()):
        per_example = gradients(model, digits, factored)
        assert torch.allclose(per_example.squared_norms().sqrt(), norms, atol=1e-5)
        clipped = per_example.clipped_sum(PRESENT, clip_norm)
        assert clipped.keys() == alone[0].keys()
        for key, tensor in clipped.items():
            expected = sum(each[key] * min(1, clip_norm / norm) for each, norm in zip(alone, norms, strict=True))
            assert torch.allclose(tensor, expected, atol=1e-5), key


@settings(max_examples=25, deadline=None)
@given(
    clip_norm=st.floats(1e-3, 1e3),
    scale=st.floats(0.1, 1e3),
    present=st.lists(st.booleans(), min_size=6, max_size=6),
    removed=st.integers(0, 5),
    factored=st.sampled_from([("1", "3", "5"), ("3",), ()]),
)
def test_a_record_moves_the_sum_by_at_most_the_clip_norm(digits, clip_norm, scale, present, removed, factored):
    model = make("mlp", digits)
    with torch.no_grad():
        model[5].weight.mul_(scale)
    with_it = torch.tensor(present)
    with_it[removed] = True
    without = with_it.clone()
    without[removed] = False
    per_example = gradients(model, digits, factored)
    sums = [per_example.clipped_sum(records, clip_norm) for records in (with_it, without)]
    moved = sum((sums[0][name] - sums[1][name]).double().square().sum() for name in sums[0]) ** 0.5
    assert moved <= clip_norm * (1 + 1e-4)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e38])
@pytest.mark.parametrize("factored", [("1", "3", "5"), ()])
def test_a_record_without_a_finite_gradient_adds_nothing(digits, factored, value):
    model = make("mlp", digits)
    images = digits.inputs[0][:6].clone()
    images[2] = value
    broken = replace(digits.part(0, 6), inputs=(images,))
    others = PRESENT.clone()
    others[2] = False
    kept = gradients(model, broken, factored).clipped_sum(PRESENT, 1.0)
    expected = gradients(model, digits, factored).clipped_sum(others, 1.0)
    for name, tensor in kept.items():
        assert torch.allclose(tensor, expected[name], atol=1e-6), name


def test_looking_at_a_model_leaves_no_hook_behind(digits):
    model = make("cnn", digits)
    gradients(model, digits, factored_layers(model, digits.part(0, 1).inputs))
    assert not any(module._forward_hooks for module in model.modules())


class Checkpointed(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Linear(64, 16), nn.Linear(16, 10)

    def forward(self, images):
        return self.head(checkpoint(self.inner, images.flatten(1).requires_grad_(), use_reentrant=True).relu())


def test_gradients_reach_what_a_reentrant_checkpoint_holds(digits):
    model, few = Checkpointed(), digits.part(0, 2)
    nn.functional.cross_entropy(model(*few.inputs), few.targets, reduction="sum").backward()
    found = record_gradients(model, detached(model), few)
    for name, parameter in model.named_parameters():
        assert parameter.grad.any()
        assert torch.allclose(found[name].sum(0), parameter.grad, atol=1e-5)
