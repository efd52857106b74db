"""Steps of many clients, against torch.optim one client after another."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy import InputError
from fedsz_privacy.training.names import Optimizer, find_optimizer
from fedsz_privacy.training.optimizers import OptimizerState, build, step_many

TORCH = {
    "sgd": lambda parameters, rate, decay: torch.optim.SGD(parameters, lr=rate, weight_decay=decay),
    "momentum": lambda parameters, rate, decay: torch.optim.SGD(parameters, lr=rate, momentum=0.9, weight_decay=decay),
    "adam": lambda parameters, rate, decay: torch.optim.Adam(parameters, lr=rate, weight_decay=decay),
    "adamw": lambda parameters, rate, decay: torch.optim.AdamW(parameters, lr=rate, weight_decay=decay),
}


def trained_from_zeros(optimizer, gradients):
    """Return where torch's own optimiser ends."""
    parameter = torch.nn.Parameter(torch.zeros(gradients.shape[1], dtype=torch.float64))
    alone = TORCH[optimizer]([parameter], 0.1, 0.05)
    for gradient in gradients:
        parameter.grad = gradient.clone()
        alone.step()
    return parameter.detach()


@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_an_optimiser_is_linear_whose_trainings_add_up_and_turn_as_their_gradients_do(optimizer):
    draw = torch.Generator().manual_seed(0)
    one, other, square = (torch.randn(n, 6, generator=draw, dtype=torch.float64) for n in (4, 4, 6))
    turn, _ = torch.linalg.qr(square)
    together = trained_from_zeros(optimizer, one @ turn + 2 * other)
    apart = trained_from_zeros(optimizer, one) @ turn + 2 * trained_from_zeros(optimizer, other)
    assert torch.allclose(together, apart, atol=1e-9) is optimizer.is_linear


@pytest.mark.parametrize("optimizer", list(Optimizer))
@settings(max_examples=20, deadline=None)
@given(
    rate=st.floats(1e-4, 0.5),
    decay=st.sampled_from([0.0, 1e-3, 0.3]),
    taken=st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=12),
    seed=st.integers(0, 100),
)
def test_steps_of_many_are_torchs_of_each_whoever_leaves_some_out(optimizer, rate, decay, taken, seed):
    draw = torch.Generator().manual_seed(seed)
    start = {"weight": torch.randn(3, 4, 2, generator=draw), "scale": torch.randn(3, generator=draw)}
    found, state, gradients = start, OptimizerState(), []
    for who in torch.tensor(taken):
        drawn = {name: torch.randn(tensor.shape, generator=draw) for name, tensor in start.items()}
        # A client that leaves a step out has no records in it, so no gradient either.
        gradients.append({name: who.reshape(3, *[1] * (each.ndim - 1)) * each for name, each in drawn.items()})
        found = step_many(optimizer, found, gradients[-1], state, who, rate, decay)
    for client in range(3):
        parameters = {name: torch.nn.Parameter(tensor[client].clone()) for name, tensor in start.items()}
        alone = TORCH[optimizer](parameters.values(), rate, decay)
        for who, gradient in zip(taken, gradients, strict=True):
            if who[client]:
                for name, parameter in parameters.items():
                    parameter.grad = gradient[name][client].clone()
                alone.step()
        for name, parameter in parameters.items():
            assert torch.allclose(found[name][client], parameter, rtol=1e-6, atol=1e-6), name


@pytest.mark.parametrize("optimizer", list(Optimizer))
def test_one_clients_optimizer_is_torchs_own(optimizer):
    built = build(optimizer, [torch.nn.Parameter(torch.ones(2))], 0.2, 0.1)
    expected = TORCH[optimizer]([torch.nn.Parameter(torch.ones(2))], 0.2, 0.1)
    assert type(built) is type(expected)
    assert built.defaults == expected.defaults


def test_an_unknown_optimizer_is_named_with_those_there_are():
    assert find_optimizer("adamw") is Optimizer.ADAMW
    with pytest.raises(InputError, match="unknown optimizer 'lion': choose one of sgd, momentum, adam, adamw"):
        find_optimizer("lion")
