"""Gradients of single records at one state, in evaluation mode, as an adversary works them out."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad

from fedsz_privacy.core.state import StateDict, rows
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.evaluation import TRIED, in_precision
from fedsz_privacy.training.modes import drawing_from, holding, judge, split, trainable
from fedsz_privacy.training.per_example import per_example_gradients_alone
from fedsz_privacy.training.vectorized import SEED, Computation, for_each, moved, vectorizes

GRADIENT_BYTES = 2**27
"""Most memory that the gradients of a chunk of records take."""


def records_at_once(size: int) -> int:
    """Return how many gradients of a size in bytes fit into `GRADIENT_BYTES`, at least one."""
    return max(1, GRADIENT_BYTES // max(size, 1))


def gradient_names(model: nn.Module, state: StateDict) -> list[str]:
    """Return the names of the parameters that train, each tensor once, in the order of a state."""
    firsts = set(trainable(model).values())
    return [name for name in state if name in firsts]


def gradient_chunks(model: nn.Module, state: StateDict, records: Records) -> Iterator[Tensor]:
    """Yield the gradients of the records' losses, some records at a time, each chunk (records, parameters).

    Columns are the tensors of `gradient_names`, flattened. No chunk takes more than `GRADIENT_BYTES`, or one record.
    """
    names = gradient_names(model, state)
    at_once = records_at_once(sum(state[name].nbytes for name in names))
    for start in range(0, len(records), at_once):
        gradients = record_gradients(model, state, records.part(start, start + at_once))
        yield torch.cat([rows(gradients[name]) for name in names], dim=1)


def record_gradients(model: nn.Module, state: StateDict, records: Records) -> dict[str, Tensor]:
    """Return the gradient of each record's loss by each trainable parameter, each tensor (records, ...)."""
    of = _at_once if differentiates_at_once(model, records) else _one_by_one
    return of(model, state, records)


def differentiates_at_once(model: nn.Module, records: Records) -> bool:
    """Return whether the gradients of many records can be computed at once."""
    few, own = records.part(0, TRIED), moved(model)
    return vectorizes(
        model,
        Computation.GRADIENTS,
        lambda: _at_once(model, own, few),
        lambda: _one_by_one(model, own, few),
    )


def _at_once(model: nn.Module, state: StateDict, records: Records) -> dict[str, Tensor]:
    copy = judge(model)
    parameters, fixed = split(model, state)

    def loss(parameters: StateDict, inputs: tuple[Tensor, ...], target: Tensor) -> Tensor:
        outputs = functional_call(copy, {**fixed, **parameters}, tuple(each[None].clone() for each in inputs))
        return records.task.loss(outputs, target.unsqueeze(0))[0]

    of_each = for_each(grad(loss), (None, 0, 0))
    gradients: dict[str, Tensor] = of_each(parameters, in_precision(model, records.inputs), records.targets)
    return gradients


def _one_by_one(model: nn.Module, state: StateDict, records: Records) -> dict[str, Tensor]:
    with drawing_from(SEED):
        return dict(per_example_gradients_alone(holding(model, state).eval(), records).whole)
