"""Signals on the update against their formulas, parameter by parameter."""

import pytest
import torch

from attacks import Game, View
from attacks.signals.gradient_difference import GRADIENT_DIFFERENCE
from attacks.signals.inner_product import INNER_PRODUCT
from fedsz_privacy.core.state import unstack
from fedsz_privacy.training.descent import Training


def gradient(view, candidate):
    """The gradient of a record's loss, by autograd on one copy of the model."""
    model, pool = view.knowledge.model, view.knowledge.pool
    model.load_state_dict(unstack(view.knowledge.states, 0))
    loss = torch.nn.functional.cross_entropy(model(pool.inputs[0][[candidate]]), pool.targets[[candidate]])
    return dict(zip(view.knowledge.states, torch.autograd.grad(loss, list(model.parameters())), strict=True))


def test_products_are_taken_tensor_by_tensor(view):
    slopes, update = gradient(view, 5), unstack(view.updates, 1)
    expected = [float(-(update[name].double() * slopes[name].double()).sum()) for name in slopes]
    assert view.descents.products[1, 5].tolist() == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_products_do_not_depend_on_the_order_of_the_update(view):
    backwards = View(view.knowledge, dict(reversed(view.updates.items())))
    assert torch.equal(backwards.descents.products, view.descents.products)


def test_the_inner_product_runs_over_all_parameters(view):
    slopes, update = gradient(view, 5), unstack(view.updates, 1)
    expected = -sum(float((update[name].double() * slopes[name].double()).sum()) for name in slopes)
    assert INNER_PRODUCT.observe(view)[1, 5] == pytest.approx(expected, rel=1e-3)


def test_the_gradient_difference_is_that_of_two_squared_lengths(view):
    update = torch.cat([tensor[1].flatten() for tensor in view.updates.values()]).double()
    descent = -torch.cat([slope.flatten() for slope in gradient(view, 5).values()]).double()
    total = -next(view.knowledge.shared_gradients()).double().sum(dim=0)
    step = 2 * (update @ total) / (total @ total)
    expected = update.norm() ** 2 - (update - step * descent).norm() ** 2
    assert GRADIENT_DIFFERENCE.observe(view)[1, 5] == pytest.approx(float(expected), rel=1e-3)


def test_the_step_of_one_full_batch_is_found(game: Game):
    """One step on the mean loss of all candidates, each twice as strong as the fit expects of half of them."""
    training = Training(epochs=1, batch_size=40, learning_rate=1e-2)
    still = Game(game.model, game.state, game.pool, game.test, training, seed=0)
    everyone = torch.arange(40).reshape(1, 1, 40).numpy()
    view = View(game.knowledge, still.updates(range(len(everyone)), everyone))
    slopes = next(game.knowledge.shared_gradients()).double()
    step = 2 * 1e-2 / 40
    expected = 2 * step * INNER_PRODUCT.observe(view)[0] - step**2 * slopes.square().sum(dim=1).numpy()
    assert GRADIENT_DIFFERENCE.observe(view)[0] == pytest.approx(expected, rel=1e-3)
