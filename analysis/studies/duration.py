"""How long a study will take, from a few timed steps of each training rule, in one line before it starts."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from torch import nn

from analysis.reporting.numbers import HOUR, spoken
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.rule import TrainingRule

QUICK, FEW = 0.5, 5
"""Seconds of a first step below which a few more are timed, and how many."""


def seconds_of_training(rule: TrainingRule, model: nn.Module, clients: Clients) -> float:
    """Return about how many seconds the training of some clients takes, from their first steps; a rule may have one."""
    steps: int = clients.batches.shape[1]

    def taken(count: int) -> float:
        return timed(lambda: rule.train_many(model, replace(clients, batches=clients.batches[:, :count])))

    first = taken(1)
    if first >= QUICK or steps <= FEW:
        return first * steps
    # The first step of a process warms it up, and what a training begins with counts once.
    once, few = taken(1), taken(FEW)
    return once + max(0.0, few - once) / (FEW - 1) * (steps - 1)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def describe(what: str, seconds: float, smaller: str) -> str:
    """Return in one line how long a part of a run takes, and where that is over an hour, a smaller choice."""
    line = f"{what} about {spoken(seconds)}"
    return line if seconds < HOUR else f"{line}: {smaller}"
