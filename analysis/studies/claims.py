"""What is claimed, before a study asks for it: by a training function of a user's own, and by a release."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from dp_accounting import NonPrivateDpEvent
from torch import nn

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.conditions import REFUSED, hold_to_conditions
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule


def claimed(spec: AuditSpec | FederationSpec, model: nn.Module, records: Records) -> TrainingRule:
    """Return how clients train; a function of a user's own with the event that it claims, or that its engine counts.

    A function that claims nothing trains once, on as many of the records as a client is expected to hold.
    """
    rule = spec.rule
    if not isinstance(rule, OwnTraining):
        return rule
    # A selection is a copy: a function may write into the records that it is given.
    chosen = records.select(np.arange(min(round(spec.expected_records), len(records))))
    return rule.claimed(model, chosen, generator(spec.seed, Purpose.CLAIM))


def hold_defences(defences: Iterable[Defence], state: StateDict, seed: int) -> list[Defence]:
    """Return defences as they are, or without the guarantee of a release that a model's state shows not to hold.

    What training guarantees stays: a release behind it is post-processing.
    """
    return [_hold(defence, state, seed) for defence in defences]


def _hold(defence: Defence, state: StateDict, seed: int) -> Defence:
    release = hold_to_conditions(defence.release, state, seed)
    if release is defence.release or not isinstance(defence.training.event, NonPrivateDpEvent):
        return defence
    return replace(defence, release=release, event=release.event, reason=release.reason)


def describe_refused(defences: Iterable[Defence | Release]) -> list[str]:
    """Return a line for each defence whose claim is refused."""
    return [f"{each.name}: {each.reason}" for each in defences if each.reason.startswith(REFUSED)]
