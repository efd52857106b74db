"""What is claimed, before a study asks for it: by a training function of a user's own, and by a release."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from torch import nn

from analysis.reporting.progress import Say
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.conditions import hold_to_conditions
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule

Claiming: TypeAlias = AuditSpec | ClientsSpec | FederationSpec
"""A question that asks for defences."""


def settle_claims(
    spec: Claiming, model: nn.Module, records: Records, state: StateDict, say: Say, held: Iterable[int]
) -> tuple[list[Defence], list[str]]:
    """Return a question's defences with what is claimed for them, and a line for each claim that is refused.

    Parameters
    ----------
    spec : AuditSpec, ClientsSpec or FederationSpec
        The question.
    model : nn.Module
        What clients train.
    records : Records
        Training records.
    state : StateDict
        The model's state: what updates are like.
    say : callable
        Told of each claim that is refused.
    held : iterable of int
        How many records each training has for which a claim is made, one at least.
    """
    # The fewest records are the least protected where a function's sampling rate follows from how many it has.
    rule = claimed(spec, model, records, min(filter(None, held), default=1))
    defences = hold_defences(spec.parse_defences(rule), state, spec.seed)
    refused = describe_refused(defences)
    for line in refused:
        say(line)
    return defences, refused


def claimed(spec: Claiming, model: nn.Module, records: Records, held: int) -> TrainingRule:
    """Return how clients train; a function of a user's own with the event that it claims, or that its engine counts.

    A function that claims nothing trains once, on as many of the records as a client holds.
    """
    rule = spec.rule
    if not isinstance(rule, OwnTraining):
        return rule
    # A selection is a copy: a function may write into the records that it is given.
    chosen = records.select(np.arange(min(held, len(records))))
    return rule.claimed(model, chosen, generator(spec.seed, Purpose.CLAIM))


def hold_defences(defences: Iterable[Defence], state: StateDict, seed: int) -> list[Defence]:
    """Return defences as they are, or without the guarantee of a release that a model's state shows not to hold.

    What training or an aggregation guarantees stays: a release does not touch it.
    """
    return [_hold(defence, state, seed) for defence in defences]


def _hold(defence: Defence, state: StateDict, seed: int) -> Defence:
    release = hold_to_conditions(defence.release, state, seed)
    if release is defence.release or not defence.reason.endswith(defence.release.reason):
        return defence
    reason = defence.reason.removesuffix(defence.release.reason) + release.reason
    return replace(defence, release=release, event=release.event, reason=reason)


def describe_refused(defences: Iterable[Defence | Release]) -> list[str]:
    """Return a line for each defence whose claim is refused."""
    return [f"{each.name}: {each.reason}" for each in defences if each.refused]
