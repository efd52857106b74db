"""Whether a model can be computed for many clients, or many records, at once.

``torch.func.vmap`` runs many models as one, and is many times faster for small ones. Not every model can: batch
statistics mix records, dropout draws from one stream, recurrent layers have no batching rule, code may branch on
values. So each kind of computation is tried once, on a few records, both ways; a model that fails, warns or differs by
more than rounding is computed one by one.
"""

import warnings
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.func import vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from fedsz_privacy.training.modes import detached, drawing_from, first_names

Tensors = Mapping[str, Tensor]

TOLERANCE = 1e-5
"""Greatest difference, relative to the largest number, of 32-bit results that count as equal."""

SEED = 0


class Computation(Enum):
    """What a model may be able to do for many at once."""

    TRAINING = "training"
    PRIVATE_TRAINING = "private training"
    PREDICTION = "prediction"
    GRADIENTS = "gradients of single records"


_known: WeakKeyDictionary[nn.Module, dict[Computation, bool]] = WeakKeyDictionary()
"""What was found of each model; it follows from the model alone, so it is worked out once."""


def vectorizes(
    model: nn.Module, computation: Computation, at_once: Callable[[], Tensors], one_by_one: Callable[[], Tensors]
) -> bool:
    """Return whether a model gives the same numbers at once as one by one; it is tried the first time.

    An error of the second way is one of the model itself, and is raised.
    """
    found = _known.setdefault(model, {})
    if computation not in found:
        with drawing_from(SEED):
            found[computation] = _agree(one_by_one(), at_once)
    return found[computation]


def for_each(function: Callable[..., Any], in_dims: int | tuple[int | None, ...] = 0) -> Callable[..., Any]:
    """Return a function of stacks: ``torch.func.vmap`` with attention by its formula, whose fused kernels it cannot."""

    def at_once(*stacks: Any) -> Any:
        fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            with sdpa_kernel(SDPBackend.MATH):
                return vmap(function, in_dims)(*stacks)
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)

    return at_once


def moved(model: nn.Module) -> dict[str, Tensor]:
    """Return a state a little away from a model's, so that a computation that ignores the state it is given shows.

    Tied tensors stay tied. Buffers shrink a little, so that masks stay masks, and rates stay between 0 and 1.
    """
    draw, state, first = torch.Generator().manual_seed(SEED), detached(model), first_names(model)
    parameters = dict(model.named_parameters())

    def move(name: str, tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor
        noise = torch.rand(tensor.shape, generator=draw, dtype=torch.float64).to(tensor.device, tensor.dtype)
        return tensor * (1 + 0.1 * noise) + 0.01 * noise if name in parameters else tensor * (1 - 0.1 * noise)

    near = {name: move(name, tensor) for name, tensor in state.items()}
    return {name: near.get(first.get(name, name), tensor) for name, tensor in near.items()}


def convolves(model: nn.Module) -> bool:
    """Return whether a model has convolutions; vmapped over weights they become grouped ones, slow on processors."""
    return any(isinstance(layer, nn.modules.conv._ConvNd) for layer in model.modules())


def _agree(expected: Tensors, at_once: Callable[[], Tensors]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = at_once()
    except Exception:  # whatever a transform cannot do, a loop can
        return False
    return found.keys() == expected.keys() and all(_close(found[name], each) for name, each in expected.items())


def _close(found: Tensor, expected: Tensor) -> bool:
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return False
    if not expected.is_floating_point():
        return torch.equal(found, expected)
    finite = expected.detach()[expected.isfinite()].abs()
    largest = max(1.0, float(finite.max())) if finite.numel() else 1.0
    # Infinite numbers, as in a mask, count as equal where they are the same, and nan never does.
    return torch.allclose(found, expected, rtol=0, atol=TOLERANCE * largest)
