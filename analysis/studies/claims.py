"""What a training function of a user's own claims, before a study asks for it."""

import numpy as np
from torch import nn

from analysis.studies.audit.spec import AuditSpec
from analysis.studies.clients.spec import ClientsSpec
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule


def claimed(spec: AuditSpec | ClientsSpec | FederationSpec, model: nn.Module, records: Records) -> TrainingRule:
    """Return how clients train; a function of a user's own with the event that it claims, or that its engine counts.

    A function that claims nothing trains once, on as many of the records as a client is expected to hold.
    """
    rule = spec.rule
    if not isinstance(rule, OwnTraining):
        return rule
    # A selection is a copy: a function may write into the records that it is given.
    chosen = records.select(np.arange(min(round(spec.expected_records), len(records))))
    return rule.claimed(model, chosen, generator(spec.seed, Purpose.CLAIM))
