"""Tasks: what a model is for, and the one place that knows what a target is.

Everything that trains, predicts or differentiates goes through a task: the loss of each record, how sure a model is of
it, and how good a model is. `classification`, `binary`, `regression` and `next_token` are built in; a user's own is a
`Task` by its import path.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_object, is_users_own, require_type
from fedsz_privacy.core.state import wide
from fedsz_privacy.data.copies import OnCopies

IGNORED = -100
"""Target of a position that is no token, in PyTorch's convention: it adds nothing to a loss."""

SUREST = 1e-12
"""Least loss of a record that a confidence tells from 0, so that it stays finite."""

Shape = tuple[int, ...]

PerRecord = Callable[[Tensor, Tensor], Tensor]
"""From outputs, (records, ...), and targets, (records, ...), to one number for each record, shape (records,)."""


@dataclass(frozen=True)
class Task:
    """What a model is for.

    Parameters
    ----------
    name : str
        Its name in results and messages.
    outputs : int
        How many numbers the model puts out for a record, or for a token; a model factory is given it.
    loss : callable
        What training makes small: a mean over records is descended.
    confidence : callable
        How sure the model is of each record's target, higher for records that it trained on. Likelihood-ratio attacks
        fit normal distributions to it, so it should be unbounded and without a heavy tail.
    metric : str
        What `measure` is called, such as "accuracy".
    measure : callable
        How good the model is on each record; the mean over test records is shown.
    mistake : callable
        From targets and a generator to as many wrong targets, for canaries.
    draw : callable
        From targets and a generator to as many targets that have nothing to do with their records.
    wants : str
        What outputs it needs, in words.
    fits : callable
        From the shapes of outputs and targets to whether the task can read such outputs.
    reads_logits : bool
        Whether the outputs are logits of classes, one for each, which some signals read.
    """

    name: str
    outputs: int
    loss: PerRecord
    confidence: PerRecord
    metric: str
    measure: PerRecord
    mistake: Callable[[Tensor, Generator], Tensor]
    draw: Callable[[Tensor, Generator], Tensor]
    wants: str = "one float tensor, records first"
    fits: Callable[[Shape, Shape], bool] = lambda outputs, targets: outputs[:1] == targets[:1]
    reads_logits: bool = False

    def __post_init__(self) -> None:
        # Outputs, and targets of the records themselves, go to every function in turn.
        for name in ("loss", "confidence", "measure", "mistake", "draw"):
            if is_users_own(function := getattr(self, name)):
                object.__setattr__(self, name, OnCopies(function))


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
        mistake=partial(_another_class, classes=classes),
        draw=partial(_any_class, classes=classes),
        wants=f"(records, {classes}) logits",
        fits=partial(_are_logits, count=classes),
        reads_logits=True,
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
        mistake=partial(_another_class, classes=2),
        draw=partial(_any_class, classes=2),
        wants="(records, 1) or (records,) logits",
        fits=partial(_are_numbers, count=1),
    )


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
        fits=partial(_are_numbers, count=outputs),
    )


@lru_cache
def next_token(vocabulary: int) -> Task:
    """Return the task of foretelling each token from those before it: outputs (records, length, vocabulary).

    Targets are int64 (records, length), `IGNORED` where there is none. The loss of a record is the mean over its
    tokens, so p = exp(-loss) is the geometric mean of their probabilities, and the confidence is log(p / (1 - p)).
    """
    return Task(
        "next token",
        vocabulary,
        loss=_token_cross_entropy,
        confidence=_token_confidence,
        metric="token accuracy",
        measure=_token_accuracy,
        mistake=partial(_another_class, classes=vocabulary),
        draw=partial(_any_class, classes=vocabulary),
        wants=f"(records, length, {vocabulary}) logits",
        fits=partial(_are_logits, count=vocabulary),
    )


def find_task(path: str) -> Task:
    """Return the task of a user's own that an import path ``module:NAME`` names.

    Raises
    ------
    InputError
        If there is none, or it is no `Task`.
    """
    return require_type(Task, import_object(path), path)


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


def _errors(outputs: Tensor, targets: Tensor) -> Tensor:
    foretold = wide(outputs).reshape(len(targets), -1)
    return foretold - targets.reshape(len(targets), -1).to(foretold.dtype)


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return _errors(outputs, targets).square().mean(-1)


def _negative_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return -_squared_error(outputs, targets).sqrt()


def _absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return _errors(outputs, targets).abs().mean(-1).double()


def _token_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    losses = functional.cross_entropy(wide(outputs).transpose(-1, -2), targets, reduction="none", ignore_index=IGNORED)
    return losses.sum(-1) / (targets != IGNORED).sum(-1).clamp(min=1)


def _token_confidence(outputs: Tensor, targets: Tensor) -> Tensor:
    losses = _token_cross_entropy(outputs, targets).clamp(min=SUREST)
    return -losses - torch.log(-torch.expm1(-losses))


def _token_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    return ((outputs.argmax(-1) == targets) & counted).sum(-1).double() / counted.sum(-1).clamp(min=1)


def _are_logits(outputs: Shape, targets: Shape, count: int) -> bool:
    return outputs == (*targets, count)


def _are_numbers(outputs: Shape, targets: Shape, count: int) -> bool:
    return outputs[:1] == targets[:1] and prod(outputs[1:]) == count


def _another_class(targets: Tensor, generator: Generator, classes: int) -> Tensor:
    """Return the other classes, each as likely as any."""
    if classes < 2:
        raise InputError(f"classes {classes}: choose records of 2 classes or more to mislabel")
    shift = torch.from_numpy(generator.integers(1, classes, tuple(targets.shape)))
    return torch.where(targets == IGNORED, targets, (targets + shift) % classes)


def _any_class(targets: Tensor, generator: Generator, classes: int) -> Tensor:
    drawn = torch.from_numpy(generator.integers(classes, size=tuple(targets.shape)))
    return torch.where(targets == IGNORED, targets, drawn)


def _reflected(targets: Tensor, generator: Generator) -> Tensor:  # noqa: ARG001  # nothing is drawn
    """Return each number on the other side of the middle of all, as far from it."""
    if not bool((targets.amin(0) < targets.amax(0)).any()):
        raise InputError("targets that are all one number have no other side: choose more records to mislabel")
    return targets.amin(0) + targets.amax(0) - targets


def _shuffled(targets: Tensor, generator: Generator) -> Tensor:
    return targets[torch.from_numpy(generator.permutation(len(targets)))]
