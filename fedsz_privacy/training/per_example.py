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
from torch.func import functional_call, grad, vmap

from fedsz_privacy.core.state import StateDict


@dataclass(frozen=True)
class PerExampleGradients:
    """Gradients of the cross-entropy of each record.

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
            self.outputs[name].square().sum(1) * (self.inputs[name].square().sum(1) + (name in self.biased))
            for name in self.inputs
        ]
        return torch.stack(factored + [tensor.flatten(1).square().sum(1) for tensor in self.whole.values()]).sum(0)

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
            **{name: torch.tensordot(factors, _only(counted, tensor), 1) for name, tensor in self.whole.items()},
        }


def _only(counted: Tensor, tensor: Tensor) -> Tensor:
    """Return the rows that count, zero elsewhere: a product with zero would let inf and nan through."""
    return torch.where(counted.reshape(-1, *[1] * (tensor.ndim - 1)), tensor, 0.0)


def per_example_gradients(
    model: nn.Module, factored: tuple[str, ...], parameters: StateDict, fixed: StateDict, images: Tensor, labels: Tensor
) -> PerExampleGradients:
    """Differentiate the cross-entropy of each record by the parameters.

    Parameters
    ----------
    model : nn.Module
        The architecture; its own weights are not read.
    factored : tuple of str
        Linear layers to keep in factors: `factored_layers` or part of it. None, ``()``, is the general way throughout.
    parameters, fixed : StateDict
        What to differentiate by, and the rest of the model's state.
    images, labels : Tensor
        The records.
    """
    layers = {name: model.get_submodule(name) for name in factored}
    biased = frozenset(name for name in factored if f"{name}.bias" in parameters)
    own = {f"{name}.weight" for name in factored} | {f"{name}.bias" for name in biased}
    rest = {name: tensor for name, tensor in parameters.items() if name not in own}
    state = {**fixed, **parameters}
    zeros = {name: images.new_zeros(1, len(parameters[f"{name}.weight"])) for name in factored}

    def of_one(image: Tensor, label: Tensor) -> Any:
        def loss(rest: StateDict, shifts: StateDict) -> tuple[Tensor, dict[str, Tensor]]:
            with _shifted(layers, shifts) as inputs:
                logits = functional_call(model, {**state, **rest}, (image[None],))
            return nn.functional.cross_entropy(logits, label[None]), inputs

        return grad(loss, argnums=(0, 1), has_aux=True)(rest, zeros)

    (whole, outputs), inputs = vmap(of_one)(images, labels)
    return PerExampleGradients(
        inputs={name: inputs[name].squeeze(1) for name in factored},
        outputs={name: outputs[name].squeeze(1) for name in factored},
        biased=biased,
        whole=whole,
    )


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
