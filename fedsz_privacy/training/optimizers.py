"""Optimisers, for one client as PyTorch has them and for many clients in the same formulas.

A stack of clients is a mapping of tensors whose first axis is the client. Clients whose batch is empty do not step, so
each keeps its own count of steps, which Adam's bias correction reads.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict, beside
from fedsz_privacy.training.names import Optimizer

MOMENTUM = 0.9
BETAS = (0.9, 0.999)
TINY = 1e-8
"""Settings of momentum (the field's) and of Adam (PyTorch's)."""


def build(
    optimizer: Optimizer, parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Return PyTorch's optimiser of one client's parameters."""
    match optimizer:
        case Optimizer.SGD:
            return torch.optim.SGD(parameters, lr=learning_rate, weight_decay=weight_decay)
        case Optimizer.MOMENTUM:
            return torch.optim.SGD(parameters, lr=learning_rate, momentum=MOMENTUM, weight_decay=weight_decay)
        case Optimizer.ADAM:
            return torch.optim.Adam(parameters, lr=learning_rate, weight_decay=weight_decay)
        case Optimizer.ADAMW:
            return torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay)


@dataclass
class OptimizerState:
    """What an optimiser remembers of a stack of clients: running means of gradients and of their squares, and steps."""

    first: dict[str, Tensor] = field(default_factory=dict)
    second: dict[str, Tensor] = field(default_factory=dict)
    steps: Tensor | None = None


@dataclass(frozen=True)
class _Step:
    """One step of a stack of clients, as `step_many` is given it."""

    parameters: StateDict
    gradients: StateDict
    state: OptimizerState
    taken: Tensor
    rate: float
    decay: float

    def where_taken(self, moved: Tensor, kept: Tensor) -> Tensor:
        """Return the moved rows of clients who take the step, and the kept ones of the others."""
        return torch.where(beside(self.taken, moved), moved, kept)

    def decayed(self, name: str) -> Tensor:
        """Return the gradients by one parameter with the decay in them."""
        return self.gradients[name] + self.decay * self.parameters[name]


def step_many(
    optimizer: Optimizer,
    parameters: StateDict,
    gradients: StateDict,
    state: OptimizerState,
    steps: Tensor,
    learning_rate: float,
    weight_decay: float,
) -> dict[str, Tensor]:
    """Return the parameters of a stack of clients after one step, and take it into their state.

    Parameters
    ----------
    optimizer : Optimizer
        How gradients become a step.
    parameters, gradients : StateDict
        Each tensor of shape (clients, ...).
    state : OptimizerState
        Empty before the first step.
    steps : bool Tensor, shape (clients,)
        Who takes the step; the others stay as they are.
    learning_rate, weight_decay : float
        As PyTorch's optimisers have them.
    """
    return STEPS[optimizer](_Step(parameters, gradients, state, steps, learning_rate, weight_decay))


def _descend(step: _Step) -> dict[str, Tensor]:
    gradients = step.gradients
    if step.decay:
        gradients = {name: step.where_taken(step.decayed(name), each) for name, each in gradients.items()}
    # The sum is made where the product lies: the same digits, and one tensor of the clients' size less.
    return {name: (-step.rate * gradients[name]).add_(tensor) for name, tensor in step.parameters.items()}


def _descend_with_momentum(step: _Step) -> dict[str, Tensor]:
    velocities = step.state.first
    for name, gradient in step.gradients.items():
        before = velocities.get(name, torch.zeros_like(gradient))
        velocities[name] = step.where_taken(MOMENTUM * before + step.decayed(name), before)
    return {
        name: step.where_taken(tensor - step.rate * velocities[name], tensor)
        for name, tensor in step.parameters.items()
    }


def _adam(step: _Step) -> dict[str, Tensor]:
    """Kingma and Ba, ICLR 2015, with the decay in the gradient."""
    return _adamw(replace(step, gradients={name: step.decayed(name) for name in step.gradients}, decay=0.0))


def _adamw(step: _Step) -> dict[str, Tensor]:
    """Loshchilov and Hutter, ICLR 2019: the decay apart from the gradient."""
    state, (first_beta, second_beta), stepped = step.state, BETAS, {}
    state.steps = step.taken.long() if state.steps is None else state.steps + step.taken
    for name, gradient in step.gradients.items():
        zero = torch.zeros_like(gradient)
        before = state.first.get(name, zero), state.second.get(name, zero)
        first = first_beta * before[0] + (1 - first_beta) * gradient
        second = second_beta * before[1] + (1 - second_beta) * gradient.square()
        state.first[name] = step.where_taken(first, before[0])
        state.second[name] = step.where_taken(second, before[1])
        # 32 bits would lose four digits of 1 - beta**count.
        count = beside(state.steps.clamp(min=1).double(), gradient)
        corrected = (step.rate / (1 - first_beta**count)).to(gradient.dtype)
        size = second.sqrt() / (1 - second_beta**count).sqrt().to(gradient.dtype) + TINY
        moved = (1 - step.rate * step.decay) * step.parameters[name] - corrected * first / size
        stepped[name] = step.where_taken(moved, step.parameters[name])
    return stepped


STEPS: Mapping[Optimizer, Callable[[_Step], dict[str, Tensor]]] = MappingProxyType(
    {
        Optimizer.SGD: _descend,
        Optimizer.MOMENTUM: _descend_with_momentum,
        Optimizer.ADAM: _adam,
        Optimizer.ADAMW: _adamw,
    }
)
