"""The check before a study: clients, training and defences are tried on a few records, before anything is written."""

from collections.abc import Sequence

import numpy as np
from torch import nn

from analysis.studies.little_lossy import describe_shortfalls, shortfalls_of
from fedsz_privacy.codec.lossy import without_lossy_warnings
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import release_copy
from fedsz_privacy.training.check import TRIED, check_model, check_rule
from fedsz_privacy.training.modes import detached


def check_clients(
    defences: Sequence[Defence], model: nn.Module, name: str, records: Records, expected: float
) -> list[str]:
    """Try a model, every training rule and every release.

    Parameters
    ----------
    defences : sequence of Defence
        Their training rules and releases are tried.
    model : nn.Module
        What clients train.
    name : str
        What the user calls it.
    records : Records
        What clients hold.
    expected : float
        How many of them one client is expected to hold, which a training function of a user's own is tried on.

    Returns
    -------
    list of str
        What a reader of the study should know before it starts, one line each.

    Raises
    ------
    InputError
        If any of them cannot do its part.
    """
    check_model(model, name, records)
    rules = [defence.training for defence in defences]
    for number, rule in enumerate(rules):
        if rule not in rules[:number]:
            check_rule(rule, model, name, records.part(0, max(TRIED, round(expected))))
    state = {path: tensor.cpu() for path, tensor in detached(model).items()}
    for defence in defences:
        with without_lossy_warnings():
            release_copy(defence.release, state, np.random.default_rng(0))
    return list(describe_shortfalls(shortfalls_of(defences, model)))
