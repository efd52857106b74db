"""How long the training of a federation will take, from one timed step of each rule, before it starts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from analysis.studies.duration import describe, seconds_of_training
from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.modes import detached

SMALLER = "choose fewer --rounds, --records or --clients; a GPU is used where there is one"


def seconds_of_federation(
    defences: Sequence[Defence], model: nn.Module, records: Records, clients: NDArray[np.bool_], rounds: int
) -> float:
    """Return how long all clients train under all defences, if each takes as long as the largest."""
    largest, stream = clients[[clients.sum(axis=1).argmax()]], [np.random.default_rng(0)]
    state, seconds = stack_of_one(detached(model)), 0.0
    for rule, times in Counter(defence.training for defence in defences).items():
        one = Clients(state, records, rule.draw(largest, stream), stream)
        seconds += times * len(clients) * rounds * seconds_of_training(rule, model, one)
    return seconds


def describe_federations(seconds: float) -> str:
    """Return in one line how long the training of a run takes."""
    return describe("training in this run takes", seconds, SMALLER)
