"""Foretelling numbers."""

from functools import lru_cache, partial

import torch
from numpy.random import Generator
from torch import Tensor

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import wide
from fedsz_privacy.data.tasks.task import Scale, Task, are_numbers


@lru_cache
def regression(outputs: int = 1) -> Task:
    """Return the task of foretelling numbers: targets float, (records,) or (records, outputs).

    The loss is the mean squared error of a record, the confidence the negative root of it, which is normal enough at
    either side of a fit to compare.
    """
    return Task(
        "regression",
        outputs,
        loss=_squared_error,
        confidence=_negative_error,
        metric="mean absolute error",
        measure=_absolute_error,
        mistake=_reflected,
        draw=_shuffled,
        wants=f"(records, {outputs}) numbers",
        fits=partial(are_numbers, count=outputs),
        scale=Scale.ERROR,
    )


def _errors(outputs: Tensor, targets: Tensor) -> Tensor:
    foretold = wide(outputs).reshape(len(targets), -1)
    return foretold - targets.reshape(len(targets), -1).to(foretold.dtype)


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return _errors(outputs, targets).square().mean(-1)


def _negative_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return -_squared_error(outputs, targets).sqrt()


def _absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return _errors(outputs, targets).abs().mean(-1).double()


def _reflected(targets: Tensor, generator: Generator) -> Tensor:  # noqa: ARG001  # nothing is drawn
    """Return each number on the other side of the middle of all, as far from it."""
    if not bool((targets.amin(0) < targets.amax(0)).any()):
        raise InputError("targets that are all one number have no other side: choose more records to mislabel")
    return targets.amin(0) + targets.amax(0) - targets


def _shuffled(targets: Tensor, generator: Generator) -> Tensor:
    return targets[torch.from_numpy(generator.permutation(len(targets)))]
