"""Foretelling each token from those before it."""

from functools import lru_cache, partial

import torch
from torch import Tensor
from torch.nn import functional

from fedsz_privacy.core.state import wide
from fedsz_privacy.data.tasks.classes import another_class, any_class
from fedsz_privacy.data.tasks.task import IGNORED, Scale, Task, are_logits

SUREST = 1e-12
"""Least loss of a record that a confidence tells from 0, so that it stays finite."""


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
        mistake=partial(another_class, classes=vocabulary),
        draw=partial(any_class, classes=vocabulary),
        wants=f"(records, length, {vocabulary}) logits",
        fits=partial(are_logits, count=vocabulary),
        scale=Scale.SHARE,
    )


def _token_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    losses = functional.cross_entropy(wide(outputs).transpose(-1, -2), targets, reduction="none", ignore_index=IGNORED)
    return losses.sum(-1) / (targets != IGNORED).sum(-1).clamp(min=1)


def _token_confidence(outputs: Tensor, targets: Tensor) -> Tensor:
    losses = _token_cross_entropy(outputs, targets).clamp(min=SUREST)
    return -losses - torch.log(-torch.expm1(-losses))


def _token_accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    counted = targets != IGNORED
    return ((outputs.argmax(-1) == targets) & counted).sum(-1).double() / counted.sum(-1).clamp(min=1)
