"""What tests of the zoo ask of results and of models."""

from collections.abc import Iterable, Mapping

import pytest
import torch
from torch import Tensor, nn

from fedsz_privacy.training.vectorized import Computation
from zoo.models import ZOO, Case

THIRD = 3
"""One in so many models of the zoo is tried by default, and all of them where slow tests run."""


def _tried(cases: Iterable[Case]) -> pytest.MarkDecorator:
    marked = [pytest.param(case, marks=[pytest.mark.slow] * (place % THIRD > 0)) for place, case in enumerate(cases)]
    return pytest.mark.parametrize("case", marked, ids=lambda case: case.name)


every_case = _tried(ZOO)


def cases(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [find(name) for name in names], ids=lambda case: case.name)


def cases_at_once(computation: Computation) -> pytest.MarkDecorator:
    return _tried(case for case in ZOO if computation in case.at_once)


def find(name: str) -> Case:
    (case,) = (case for case in ZOO if case.name == name)
    return case


def assert_close(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], atol: float = 1e-5) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.allclose(found[name].double(), tensor.double(), rtol=0, atol=atol), name


def assert_same(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


class Untouched:
    """Checks that neither models nor tensors change within its block: weights, buffers, hooks, modes, attributes."""

    def __init__(self, model: nn.Module, tensors: Iterable[Tensor] = ()):
        self.model, self.tensors = model, tuple(tensors)

    def __enter__(self) -> None:
        self.state, self.kept = self._state(), [tensor.clone() for tensor in self.tensors]
        self.rest = self._rest()

    def __exit__(self, *_: object) -> None:
        assert_same(self._state(), self.state)
        assert self._rest() == self.rest
        for tensor, kept in zip(self.tensors, self.kept, strict=True):
            assert torch.equal(tensor, kept)

    def _state(self) -> dict[str, Tensor]:
        named = [*self.model.named_parameters(), *self.model.named_buffers()]
        return {name: tensor.detach().clone() for name, tensor in named}

    def _rest(self) -> dict[str, object]:
        def plain(value: object) -> object:
            return type(value) if isinstance(value, Tensor) else dict(value) if isinstance(value, dict) else value

        found: dict[str, object] = {
            f"{name}.{key}": plain(value)
            for name, module in self.model.named_modules()
            for key, value in vars(module).items()
            if key not in {"_parameters", "_buffers", "_flat_weights", "_flat_weight_refs"}
        }
        return found | {name: (each.requires_grad, each.grad) for name, each in self.model.named_parameters()}
