"""What models make of records, in evaluation mode: outputs, and how good they are."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call

from fedsz_privacy.core.state import StateDict, length, stack, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.modes import detached, drawing_from, for_call, holding, judge
from fedsz_privacy.training.vectorized import SEED, Computation, convolves, for_each, moved, vectorizes

JUDGED_AT_ONCE = 256
"""Most records that one model judges at once, where models are computed one by one."""

TRIED = 3
"""Records that a computation is tried on."""


def apply(model: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
    """Return a model's outputs; float inputs are given in the model's own precision.

    The model is given copies: it may write into its inputs, as ``nn.ReLU(inplace=True)`` does.
    """
    outputs: Tensor = model(*(tensor.clone() for tensor in in_precision(model, inputs)))
    return outputs


def in_precision(model: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return float inputs in the dtype of the model's first float parameter, all others as they are."""
    dtype = next((tensor.dtype for tensor in model.parameters() if tensor.is_floating_point()), None)
    if dtype is None:
        return inputs
    return tuple(tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in inputs)


def predict(model: nn.Module, stacked: StateDict, records: Records) -> Tensor:
    """Return the outputs of every client's model on the same records, shape (clients, records, ...)."""
    with torch.no_grad():
        if predicts_at_once(model, records):
            return _predict_at_once(model, stacked, records)
        return torch.stack([_predict_alone(model, one, records) for one in _each(stacked)])


def measure(model: nn.Module, stacked: StateDict, records: Records) -> Tensor:
    """Return how good every client's model is on some records, by the task's metric, float64 of shape (clients,)."""
    return torch.stack([each.mean() for each in measure_each(model, stacked, records)])


def measure_each(model: nn.Module, stacked: StateDict, records: Records) -> Tensor:
    """Return how good every client's model is on each of some records, float64 of shape (clients, records)."""
    outputs = predict(model, stacked, records)
    return torch.stack([records.task.measure(each, records.targets).double() for each in outputs])


def predicts_at_once(model: nn.Module, records: Records) -> bool:
    """Return whether the outputs of many clients' models can be computed at once."""
    if convolves(model):
        return False
    few = records.part(0, TRIED)
    states = stack([detached(model), moved(model)])
    return vectorizes(
        model,
        Computation.PREDICTION,
        lambda: {"outputs": _predict_at_once(model, states, few)},
        lambda: {"outputs": torch.stack([_predict_alone(model, one, few) for one in _each(states)])},
    )


def _predict_at_once(model: nn.Module, stacked: StateDict, records: Records) -> Tensor:
    copy = judge(model)

    def outputs(state: StateDict) -> Tensor:
        found: Tensor = functional_call(copy, dict(state), inputs)
        return found

    inputs = tuple(tensor.clone() for tensor in in_precision(model, records.inputs))
    at_once: Tensor = for_each(outputs)(for_call(model, stacked))
    return at_once


def _predict_alone(model: nn.Module, state: StateDict, records: Records) -> Tensor:
    copy, starts = holding(model, state).eval(), range(0, len(records), JUDGED_AT_ONCE)
    # Some models draw in evaluation mode too: every client's then draws the same.
    with drawing_from(SEED):
        parts = [apply(copy, records.part(start, start + JUDGED_AT_ONCE).inputs) for start in starts]
    # A model that squeezes its outputs gives a scalar for one record.
    return torch.cat([part if part.ndim else part[None] for part in parts])


def _each(stacked: StateDict) -> Iterator[StateDict]:
    return (unstack(stacked, row) for row in range(length(stacked)))
