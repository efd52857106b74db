"""How long a study will take, from one timed step of each training rule, in one line before it starts."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from torch import nn

from analysis.reporting.numbers import HOUR, spoken
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.rule import TrainingRule


def seconds_of_training(rule: TrainingRule, model: nn.Module, clients: Clients) -> float:
    """Return about how many seconds the training of some clients takes, from their first step; a rule may have one."""
    first = replace(clients, batches=clients.batches[:, :1])
    return timed(lambda: rule.train_many(model, first)) * float(clients.batches.shape[1])


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that work takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def describe(what: str, seconds: float, smaller: str) -> str:
    """Return in one line how long a part of a run takes, and where that is over an hour, a smaller choice."""
    line = f"{what} about {spoken(seconds)}"
    return line if seconds < HOUR else f"{line}: {smaller}"
