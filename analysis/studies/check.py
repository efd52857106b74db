"""The check before a study: clients, training and defences are tried on two records, before anything is written."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch import nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release, find_lossy_shortfall
from fedsz_privacy.training.check import check_model, check_rule
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.opacus import OpacusTraining
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.plain_steps import trains_at_once
from fedsz_privacy.training.rule import TrainingRule


def check_clients(defences: Sequence[Defence], model: nn.Module, name: str, records: Records) -> list[str]:
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
            check_rule(rule, model, name, records)
    state = {path: tensor.cpu() for path, tensor in detached(model).items()}
    for defence in defences:
        _check_release(defence.release, state)
    return [*_one_by_one(rules, model, records), *_little_lossy(defences, state)]


def _one_by_one(rules: Sequence[TrainingRule], model: nn.Module, records: Records) -> Iterator[str]:
    own = [rule.name for rule in rules if isinstance(rule, OwnTraining)]
    if own:
        yield f"{own[0]} trains clients one by one"
    elif not trains_at_once(model, records):
        yield "clients of this model train one by one: it cannot be, or is better not, computed for many at once"
    if any(isinstance(rule, OpacusTraining) for rule in rules):
        yield "Opacus trains clients one by one"


def _little_lossy(defences: Sequence[Defence], state: StateDict) -> Iterator[str]:
    for defence in defences:
        if shortfall := find_lossy_shortfall(defence.release, state, np.random.default_rng(0)):
            yield f"{defence.name}: {shortfall}"


def _check_release(release: Release, state: StateDict) -> None:
    released = release.apply(state, np.random.default_rng(0))
    shapes = [{name: tuple(tensor.shape) for name, tensor in each.items()} for each in (state, released.update)]
    if changed := [name for name in {**shapes[0], **shapes[1]} if shapes[0].get(name) != shapes[1].get(name)]:
        raise InputError(f"release {release.name} changes the names or shapes of tensors ({changed[0]}): keep both")
