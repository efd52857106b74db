"""Gradients of single records, those of linear layers kept in factors.

A linear layer with input a and gradient b at its output has, for one record, the weight gradient b a^T and the bias
gradient b. So the squared norm of both is ||b||^2 (||a||^2 + 1), and a weighted sum over records is one product of
matrices: neither needs the gradient of a single record (ghost clipping, Li et al., ICLR 2022; book-keeping, Bu et al.,
ICML 2023). Every other parameter takes the general way, one gradient a record.

Each record passes through the model alone, so no layer can mix records.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad

from fedsz_privacy.core.state import StateDict, wide
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import Task
from fedsz_privacy.training.evaluation import apply
from fedsz_privacy.training.modes import trainable
from fedsz_privacy.training.vectorized import for_each


@dataclass(frozen=True)
class PerExampleGradients:
    """Gradients of the loss of each record.

    Attributes
    ----------
    inputs, outputs : mapping of str to Tensor
        What went into each linear layer, (records, inputs), and the gradient at its output, (records, outputs).
    biased : frozenset of str
        Those linear layers that have a bias.
    whole : mapping of str to Tensor
        Gradients of all other parameters, (records, ...).
    """

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    biased: frozenset[str]
    whole: Mapping[str, Tensor]

    def squared_norms(self) -> Tensor:
        """Return the squared norm of each record's gradient over all parameters, shape (records,)."""
        factored = [
            _squares(self.outputs[name]) * (_squares(self.inputs[name]) + (name in self.biased)) for name in self.inputs
        ]
        return torch.stack(factored + [_squares(tensor) for tensor in self.whole.values()]).sum(0)

    def clipped_sum(self, present: Tensor, clip_norm: float) -> dict[str, Tensor]:
        """Return the sum of the records' gradients, each scaled down to the clip norm where it is longer.

        A record that is absent, or whose gradient is not finite, adds nothing.
        """
        norms = self.squared_norms().sqrt()
        counted = present & norms.isfinite()
        factors = torch.where(counted, clip_norm / norms.clamp(min=clip_norm), 0.0)
        outputs = {name: _only(counted, tensor) * factors[:, None] for name, tensor in self.outputs.items()}
        return {
            **{f"{name}.weight": outputs[name].T @ _only(counted, tensor) for name, tensor in self.inputs.items()},
            **{f"{name}.bias": outputs[name].sum(0) for name in self.biased},
            **{
                name: torch.tensordot(factors.to(each.dtype), each, 1)
                for name, tensor in self.whole.items()
                for each in [_only(counted, tensor)]
            },
        }


def _squares(tensor: Tensor) -> Tensor:
    """Return the squared length of each row."""
    return wide(tensor).unsqueeze(-1).flatten(1).square().sum(1)


def _only(counted: Tensor, tensor: Tensor) -> Tensor:
    """Return the rows that count, zero elsewhere: a product with zero would let inf and nan through."""
    return torch.where(counted.reshape(-1, *[1] * (tensor.ndim - 1)), wide(tensor), 0.0)


def per_example_gradients(
    model: nn.Module,
    task: Task,
    factored: tuple[str, ...],
    parameters: StateDict,
    fixed: StateDict,
    inputs: tuple[Tensor, ...],
    targets: Tensor,
) -> PerExampleGradients:
    """Differentiate the loss of each record by the parameters, all records at once.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    task : Task
        Whose loss it is.
    factored : tuple of str
        Linear layers to keep in factors: `factored_layers` or part of it. None, ``()``, is the general way throughout.
    parameters, fixed : StateDict
        What to differentiate by, and the rest of the model's state.
    inputs, targets : tuple of Tensor, Tensor
        The records.
    """
    layers = {name: model.get_submodule(name) for name in factored}
    biased = frozenset(name for name in factored if f"{name}.bias" in parameters)
    own = {f"{name}.weight" for name in factored} | {f"{name}.bias" for name in biased}
    rest = {name: tensor for name, tensor in parameters.items() if name not in own}
    state = {**fixed, **parameters}
    zeros = {name: (weight := parameters[f"{name}.weight"]).new_zeros(1, len(weight)) for name in factored}

    def of_one(inputs: tuple[Tensor, ...], target: Tensor) -> Any:
        def loss(rest: StateDict, shifts: StateDict) -> tuple[Tensor, dict[str, Tensor]]:
            with _shifted(layers, shifts) as seen:
                outputs = functional_call(model, {**state, **rest}, tuple(each[None].clone() for each in inputs))
            return task.loss(outputs, target[None])[0], seen

        return grad(loss, argnums=(0, 1), has_aux=True)(rest, zeros)

    (whole, outputs), seen = for_each(of_one)(inputs, targets)
    return PerExampleGradients(
        inputs={name: seen[name].squeeze(1) for name in factored},
        outputs={name: outputs[name].squeeze(1) for name in factored},
        biased=biased,
        whole=whole,
    )


def per_example_gradients_alone(model: nn.Module, records: Records) -> PerExampleGradients:
    """Differentiate the loss of each record by the parameters that a model holds, one record after another."""
    names = list(dict.fromkeys(trainable(model).values()))
    parameters = [model.get_parameter(name) for name in names]

    def of_one(record: Records) -> tuple[Tensor, ...]:
        for parameter in parameters:
            parameter.grad = None
        # Not autograd.grad, which takes what reentrant checkpoints hold for unused, without an error.
        torch.autograd.backward(record.task.loss(apply(model, record.inputs), record.targets)[0])
        return tuple(torch.zeros_like(each) if each.grad is None else each.grad for each in parameters)

    each = [of_one(records.part(row, row + 1)) for row in range(len(records))]
    empty = [parameter.new_zeros(0, *parameter.shape) for parameter in parameters]
    stacked = [torch.stack(parts) for parts in zip(*each, strict=True)] or empty
    return PerExampleGradients({}, {}, frozenset(), dict(zip(names, stacked, strict=True)))


@contextmanager
def _shifted(layers: Mapping[str, nn.Module], shifts: StateDict) -> Iterator[dict[str, Tensor]]:
    """Add a shift to the output of each layer, so that the gradient by it is the one at the output; note the inputs."""
    inputs: dict[str, Tensor] = {}

    def shift(name: str, layer: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_: nn.Module, arguments: tuple[Tensor], output: Tensor) -> Tensor:
            (inputs[name],) = arguments
            return output + shifts[name]

        return layer.register_forward_hook(hook, prepend=True)

    handles = [shift(name, layer) for name, layer in layers.items()]
    try:
        yield inputs
    finally:
        for handle in handles:
            handle.remove()
