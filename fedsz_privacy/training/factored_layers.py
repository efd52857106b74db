"""Which linear layers of a model have a per-example gradient that is one outer product."""

from collections import Counter, defaultdict

import torch
from torch import Tensor, nn


def factored_layers(model: nn.Module, record: tuple[Tensor, ...]) -> tuple[str, ...]:
    """Return the names of the linear layers that meet a record once, as a vector, and alone use their weights.

    The model is run on one record, each input of shape (1, ...), to see. A layer that runs twice, on a sequence or not
    at all, or whose weights are used elsewhere too, is left out.
    """
    owners = Counter(id(tensor) for module in model.modules() for tensor in module.parameters(recurse=False))
    layers = {
        name: layer
        for name, layer in model.named_modules()
        if name
        and type(layer) is nn.Linear
        and _is_plain(layer)
        and all(owners[id(p)] == 1 for p in layer.parameters())
    }
    shapes: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)

    def watch(name: str, layer: nn.Linear) -> torch.utils.hooks.RemovableHandle:
        def without_gradient_of_the_weights(_: nn.Module, arguments: tuple[Tensor], __: Tensor) -> Tensor:
            shapes[name].append(tuple(arguments[0].shape))
            weights = {key: parameter.detach() for key, parameter in layer.named_parameters()}
            return nn.functional.linear(arguments[0], **weights)

        return layer.register_forward_hook(without_gradient_of_the_weights, prepend=True)

    handles = [watch(name, layer) for name, layer in layers.items()]
    try:
        floats = (each.clone().requires_grad_().clone() if each.is_floating_point() else each for each in record)
        total = model(*floats).sum()
    finally:
        for handle in handles:
            handle.remove()

    def alone(layer: nn.Linear) -> bool:
        if not total.requires_grad:
            return True
        gradients = torch.autograd.grad(total, tuple(layer.parameters()), retain_graph=True, allow_unused=True)
        return all(gradient is None for gradient in gradients)

    return tuple(name for name, layer in layers.items() if shapes[name] == [(1, layer.in_features)] and alone(layer))


def _is_plain(layer: nn.Linear) -> bool:
    """Return whether a layer's weight and bias are parameters, all of them trained, and nothing else is."""
    own = dict(layer.named_parameters())
    return "weight" in own and own.keys() <= {"weight", "bias"} and all(p.requires_grad for p in own.values())
