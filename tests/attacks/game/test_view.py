"""What a view works out, against autograd and one model at a time."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from attacks.game.knowledge import Knowledge
from attacks.game.view import View
from attacks.signals.cosine import COSINE
from fedsz_privacy.core.state import stack, stack_of_one

TRIALS, CANDIDATES = 3, 5


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.Tanh(), nn.Linear(6, 10))


@pytest.fixture
def pool(digits):
    return digits.part(0, CANDIDATES)


def random_state(model, seed):
    torch.manual_seed(seed)
    return {name: tensor.detach() + 0.3 * torch.randn_like(tensor) for name, tensor in model.state_dict().items()}


@pytest.fixture
def states(model):
    """A global state for each trial."""
    return stack([random_state(model, seed) for seed in range(TRIALS)])


@pytest.fixture
def updates(model):
    """Updates whose tensors are in another order than those of the state."""
    random = stack([random_state(model, 10 + seed) for seed in range(TRIALS)])
    return dict(reversed(random.items()))


def gradients(model, states, trial, pool, record):
    """Return the gradient of one record's loss at the state of one trial by autograd, tensor by tensor."""
    model.load_state_dict({name: tensor[trial] for name, tensor in states.items()})
    loss = nn.functional.cross_entropy(model(pool.inputs[0][record, None]), pool.targets[record, None])
    return torch.autograd.grad(loss, [dict(model.named_parameters())[name] for name in states])


def test_descents_at_states_that_differ_are_autograds(model, states, updates, pool):
    descents = View(Knowledge(model, states, pool), updates).descents
    assert descents.products.shape == (TRIALS, CANDIDATES, 4)
    assert descents.squares.shape == (TRIALS, CANDIDATES)
    assert descents.square_of_sum.shape == (TRIALS, 1)
    for trial in range(TRIALS):
        each = [gradients(model, states, trial, pool, record) for record in range(CANDIDATES)]
        for record, gradient in enumerate(each):
            named = dict(zip(states, gradient, strict=True))
            products = [-float((named[name] * updates[name][trial]).sum()) for name in states]
            assert descents.products[trial, record].tolist() == pytest.approx(products, abs=1e-4)
            assert float(descents.squares[trial, record]) == pytest.approx(
                sum(float(g.square().sum()) for g in gradient)
            )
        total = sum(float(sum(parts).square().sum()) for parts in zip(*each, strict=True))
        assert float(descents.square_of_sum[trial, 0]) == pytest.approx(total, rel=1e-5)


def test_a_state_that_all_trials_share_gives_the_descents_of_that_state_in_each(model, states, updates, pool):
    one = {name: tensor[1] for name, tensor in states.items()}
    shared = View(Knowledge(model, stack_of_one(one), pool), updates).descents
    separate = View(Knowledge(model, stack([one] * TRIALS), pool), updates).descents
    assert torch.allclose(separate.products, shared.products, atol=1e-5)
    assert torch.allclose(separate.squares, shared.squares.expand(TRIALS, -1), rtol=1e-5)
    assert torch.allclose(separate.square_of_sum, shared.square_of_sum.expand(TRIALS, -1), rtol=1e-5)


def test_logits_are_those_of_each_trials_own_state_and_update(model, states, updates, pool):
    view = View(Knowledge(model, states, pool), updates)
    for trial in range(TRIALS):
        model.load_state_dict({name: tensor[trial] + updates[name][trial] for name, tensor in states.items()})
        assert torch.allclose(view.logits[trial].float(), model(*pool.inputs), atol=1e-5)


def test_a_view_of_other_updates_works_everything_out_again(model, states, updates, pool):
    view = View(Knowledge(model, states, pool), updates)
    doubled = replace(view, updates={name: 2 * tensor for name, tensor in updates.items()})
    assert torch.allclose(doubled.descents.products, 2 * view.descents.products, atol=1e-5)
    assert torch.equal(doubled.descents.squares, view.descents.squares)
    assert not torch.allclose(doubled.logits, view.logits)


@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1e25])
def test_squares_of_gradients_neither_vanish_nor_overflow(model, states, updates, pool, scale):
    """In 32 bits they once did both, and the cosine of a well-fitted record was 0 or not a number."""
    task = pool.task
    scaled = replace(pool, task=replace(task, loss=lambda outputs, targets: scale * task.loss(outputs, targets)))
    ordinary, far = (View(Knowledge(model, states, each), updates).descents for each in (pool, scaled))
    assert torch.allclose(far.squares, ordinary.squares * scale**2, rtol=1e-4, atol=0)
    assert torch.allclose(far.square_of_sum, ordinary.square_of_sum * scale**2, rtol=1e-4, atol=0)


@pytest.mark.parametrize("scale", [1e-30, 1e-15, 1e25])
def test_a_cosine_has_no_scale(model, states, updates, pool, scale):
    task = pool.task
    scaled = replace(pool, task=replace(task, loss=lambda outputs, targets: scale * task.loss(outputs, targets)))
    ordinary, far = (COSINE.observe(View(Knowledge(model, states, each), updates)) for each in (pool, scaled))
    assert far == pytest.approx(ordinary, rel=1e-4, abs=1e-6)
