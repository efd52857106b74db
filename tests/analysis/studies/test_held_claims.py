"""Claims of releases, held to what a model's state shows before a study asks for them."""

import math
from dataclasses import replace

import pytest
from dp_accounting import GaussianDpEvent

from analysis.methods.guarantee import guarantee
from analysis.studies.claims import describe_refused, hold_defences
from fedsz_privacy import InputError, parse_release
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.models.small import mlp
from fedsz_privacy.training.descent import Training

DELTA = 1e-5


def claims_what_it_does_not_do() -> Release:
    """Return a release that claims noise and adds none."""
    return Release("", lambda update, _: Released(update, nbytes(update)), GaussianDpEvent(1.0), "for the test")


@pytest.mark.slow
def test_a_release_that_adds_no_noise_loses_its_claim_and_private_training_in_front_of_it_does_not():
    name = f"{__name__}:claims_what_it_does_not_do"
    setting = Setting(Training(), Training(), expected_records=100)
    defences = [parse_defence(text, setting) for text in (name, f"dpsgd:eps=8+{name}", "none")]
    state = mlp((1, 8, 8), 10).state_dict()
    held = hold_defences(defences, state, seed=0)
    assert [math.isinf(guarantee(each, DELTA).epsilon) for each in held] == [True, False, True]
    assert describe_refused(held) == [f"{name}: its claim is refused: 1.weight leaves without noise"]


def test_what_is_built_in_keeps_its_guarantee():
    releases = [parse_release(name) for name in ("none", "fedsz:rel=1e-2")]
    assert describe_refused(releases) == []


def test_what_an_aggregation_guarantees_stays_whatever_a_release_claims():
    name = f"{__name__}:claims_what_it_does_not_do"
    setting = Setting(Training(), Training(), expected_records=100, observer=Observer.AGGREGATES)
    defences = [parse_defence(f"dpfedavg:eps=8+{name}", setting)]
    (held,) = hold_defences(defences, mlp((1, 8, 8), 10).state_dict(), seed=0)
    assert guarantee(held, DELTA) == guarantee(defences[0], DELTA)
    seen = [parse_defence(f"dpfedavg:eps=8+{name}", replace(setting, observer=Observer.SERVER))]
    (held,) = hold_defences(seen, mlp((1, 8, 8), 10).state_dict(), seed=0)
    assert math.isinf(guarantee(held, DELTA).epsilon)
    assert "its claim is refused: 1.weight leaves without noise" in held.reason


def test_error_feedback_under_sampled_clients_is_refused():
    setting = Setting(Training(), Training(), expected_records=100)
    with pytest.raises(InputError, match="feeds back what clients lost, also of those that are not sampled"):
        parse_defence("dpfedavg:eps=8+ef+topk:share=0.1", setting)
