"""From the question of a federation to its records, model and clients, tried before the work."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from analysis.methods.over_records import LEAST_RECORDS
from analysis.reporting.numbers import count
from analysis.studies.check import check_clients
from analysis.studies.federation.duration import seconds_of_federation
from analysis.studies.federation.spec import FederationSpec
from analysis.studies.loading import load_model, load_records
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.data.records import DataSplit
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.federation.federation import Federation
from fedsz_privacy.federation.partition import parse_partition


@dataclass(frozen=True)
class Prepared:
    """What a federation starts from.

    Attributes
    ----------
    spec : FederationSpec
        The question, of as many training records as there are.
    split : DataSplit
        The records, on the device of the run.
    model : nn.Module
        With its initial weights.
    clients : bool array, shape (clients, records)
        Which records each client holds.
    notices : tuple of str
        What a reader should know of them, one line each.
    seconds : float
        About how long all clients train, under all defences.
    """

    spec: FederationSpec
    split: DataSplit
    model: nn.Module
    clients: NDArray[np.bool_]
    notices: tuple[str, ...]
    seconds: float

    def federation(self, spec: FederationSpec, defence: Defence) -> Federation:
        """Return the clients as they train together under a defence."""
        return Federation(
            self.model,
            self.split.train,
            self.clients,
            defence.training,
            defence.release,
            spec.seed,
            defence.aggregation,
            spec.payload,
        )


def prepare(spec: FederationSpec) -> Prepared:
    """Load what a question names, and try it on a few records; nothing is written.

    Raises
    ------
    InputError
        If the data, the model or the training do not fit the question.
    """
    split = load_records(spec, spec.records, spec.test_records)
    # An even share of what there is: DP-SGD samples by it.
    spec = replace(spec, records=len(split.train))
    if len(split.test) < LEAST_RECORDS:
        raise InputError(f"{count(len(split.test), 'test record')} has no interval: choose more --test-records")
    model = load_model(spec, split)
    rng = generator(spec.seed, Purpose.PARTITION)
    clients = parse_partition(spec.partition, split.train.targets.cpu().numpy(), spec.clients, rng)
    defences = spec.parse_defences()
    found = check_clients(defences, model, spec.model, split.train, spec.expected_records)
    seconds = seconds_of_federation(defences, model, split.train, clients, spec.rounds)
    return Prepared(spec, split, model, clients, (*split.notices, *found), seconds)
