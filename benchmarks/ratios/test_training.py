"""DP-SGD's trials in bulk over plain training of the same trials in bulk."""

from collections.abc import Callable

import numpy as np

from fedsz_privacy.core.state import stack_of_one
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining
from fedsz_privacy.training.modes import detached

POOL = load_data("digits").train.part(0, 200)
MODEL = build_model("mlp", POOL, 0)
MEMBERSHIP = np.random.default_rng(0).random((16, 200)) < 0.5
PLAIN = Training(epochs=1)
PRIVATE = DPTraining(expected_records=100, noise_multiplier=1.0, epochs=1)


def trained(rule: Training | DPTraining) -> None:
    generators = [np.random.default_rng(trial) for trial in range(len(MEMBERSHIP))]
    batches = rule.draw(MEMBERSHIP, generators)
    rule.train_many(MODEL, Clients(stack_of_one(detached(MODEL)), POOL, batches, generators))


def test_dpsgd_in_bulk_over_plain_training_in_bulk(compare: Callable[..., None]) -> None:
    compare(lambda: trained(PRIVATE), lambda: trained(PLAIN))
