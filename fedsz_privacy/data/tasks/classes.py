"""Telling classes apart, by a logit for each or by one logit for two."""

from functools import lru_cache, partial

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import wide
from fedsz_privacy.data.tasks.task import IGNORED, Scale, Task, are_logits, are_numbers


@lru_cache
def classification(classes: int) -> Task:
    """Return the task of telling classes apart: one logit for each, targets int64 (records,) from 0.

    The confidence is the logit margin log(p / (1 - p)) of the true class (Carlini et al., IEEE S&P 2022), computed from
    the logits without overflow.
    """
    return Task(
        "classification",
        classes,
        loss=_cross_entropy,
        confidence=_logit_margin,
        metric="accuracy",
        measure=_is_largest,
        mistake=partial(another_class, classes=classes),
        draw=partial(any_class, classes=classes),
        wants=f"(records, {classes}) logits",
        fits=partial(are_logits, count=classes),
        reads_logits=True,
        scale=Scale.SHARE,
    )


@lru_cache
def binary() -> Task:
    """Return the task of telling two classes apart by one logit: outputs (records, 1) or (records,), targets 0 or 1.

    The confidence is the logit with the sign of the true class, which is log(p / (1 - p)) of it.
    """
    return Task(
        "binary",
        1,
        loss=_binary_cross_entropy,
        confidence=_signed_logit,
        metric="accuracy",
        measure=_is_on_the_right_side,
        mistake=partial(another_class, classes=2),
        draw=partial(any_class, classes=2),
        wants="(records, 1) or (records,) logits",
        fits=partial(are_numbers, count=1),
        scale=Scale.SHARE,
    )


def _cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(wide(outputs), targets, reduction="none")


def _logit_margin(outputs: Tensor, targets: Tensor) -> Tensor:
    logits, true_class = wide(outputs), targets.unsqueeze(-1)
    others = logits.scatter(-1, true_class, -torch.inf)
    return logits.gather(-1, true_class).squeeze(-1) - others.logsumexp(-1)


def _is_largest(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.argmax(-1) == targets).double()


def _one_logit(outputs: Tensor, targets: Tensor) -> Tensor:
    return wide(outputs).reshape(targets.shape)


def _binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    logits = _one_logit(outputs, targets)
    return functional.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="none")


def _signed_logit(outputs: Tensor, targets: Tensor) -> Tensor:
    return _one_logit(outputs, targets) * (2 * targets - 1)


def _is_on_the_right_side(outputs: Tensor, targets: Tensor) -> Tensor:
    return ((_one_logit(outputs, targets) > 0) == (targets > 0)).double()


def another_class(targets: Tensor, generator: Generator, classes: int) -> Tensor:
    """Return the other classes, each as likely as any."""
    if classes < 2:
        raise InputError(f"classes {classes}: choose records of 2 classes or more to mislabel")
    shift = torch.from_numpy(generator.integers(1, classes, tuple(targets.shape)))
    return torch.where(targets == IGNORED, targets, (targets + shift) % classes)


def any_class(targets: Tensor, generator: Generator, classes: int) -> Tensor:
    """Return classes that are all equally likely."""
    drawn = torch.from_numpy(generator.integers(classes, size=tuple(targets.shape)))
    return torch.where(targets == IGNORED, targets, drawn)
