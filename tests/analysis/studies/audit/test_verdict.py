import math

import dp_accounting
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import guarantee
from analysis.reporting.numbers import as_upper_bound
from fedsz_privacy.defences.defence import Setting, parse_defence
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import BUILT_IN, parse_release
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.own import OwnTraining

DELTA = 1e-5

EXAMPLES = (
    *("none", "fedsz:rel=1e-2", "fedsz:abs=1e-3", "none+fedsz:rel=1e-1", "dither:rel=1e-2", "topk:share=0.1", "int8"),
    *("bf16", "sign", "qsgd:bits=4", "eden:bits=1", "stochastic:abs=1e-3", "rqm:clip=1"),
    *("gaussian:eps=8,clip=1", "certified-gaussian:eps=8,clip=1", "layered-gaussian:eps=8,clip=1"),
    *("layered-laplace:eps=8,clip=1", "staircase:eps=8,clip=1"),
)
"""At least one string of every kind of release."""


@pytest.mark.parametrize("name", ["none", "fedsz:rel=1e-2", "fedsz:abs=1e6", "none+fedsz:rel=3e-1"])
def test_a_deterministic_release_is_never_given_a_finite_epsilon(name):
    stated = guarantee(parse_release(name), DELTA)
    assert stated.epsilon == math.inf
    assert stated.reason


def test_a_private_event_gives_its_own_epsilon_and_post_processing_keeps_it():
    private = Release("gaussian", none().apply, dp_accounting.GaussianDpEvent(1.0), "for the test")
    exact = dp_accounting.get_epsilon_gaussian(1.0, DELTA)
    assert guarantee(private, DELTA).epsilon == pytest.approx(exact, abs=1e-3)
    assert guarantee(private.then(parse_release("fedsz:rel=1e-2")), DELTA).epsilon == guarantee(private, DELTA).epsilon


def test_only_what_leaves_last_is_seen_so_a_mechanism_may_follow_an_exact_release():
    private = Release("gaussian", none().apply, dp_accounting.GaussianDpEvent(1.0), "for the test")
    assert guarantee(none().then(private), DELTA) == guarantee(private, DELTA)


def test_a_users_own_mechanism_behind_another_release_is_for_a_unit_that_nobody_named():
    claimed = Release("mine:own", none().apply, dp_accounting.GaussianDpEvent(1.0), "for the test", claimed=True)
    assert guarantee(none().then(claimed), DELTA).epsilon == math.inf


DETERMINISTIC = st.one_of(
    st.just("none"),
    st.builds("fedsz:rel={:g}".format, st.floats(1e-6, 1)),
    st.builds("fedsz:abs={:g}".format, st.floats(1e-9, 1e3)),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(DETERMINISTIC, min_size=1, max_size=4))
def test_no_chain_of_deterministic_releases_is_given_a_finite_epsilon(parts):
    assert guarantee(parse_release("+".join(parts)), DELTA).epsilon == math.inf


@pytest.mark.parametrize("name", EXAMPLES)
def test_whatever_repeats_itself_and_depends_on_the_update_is_given_no_finite_epsilon(name):
    """For every kind of release there is: if two seeds give one output and two updates another, it guarantees nothing.

    A deterministic map that is not constant sends some pair of updates to outputs that occur with probability 1 under
    the one and 0 under the other, so no delta below 1 holds at any epsilon.
    """
    release = parse_release(name)
    update = {"a.weight": torch.linspace(-1, 1, 4096), "a.bias": torch.ones(3)}
    other = {"a.weight": torch.linspace(-1, 2, 4096), "a.bias": torch.zeros(3)}
    first, again = (release.apply(update, np.random.default_rng(seed)).update for seed in (1, 2))
    different = release.apply(other, np.random.default_rng(1)).update
    repeats = all(torch.equal(first[key], again[key]) for key in update)
    depends = any(not torch.equal(first[key], different[key]) for key in update)
    assert guarantee(release, DELTA).epsilon == math.inf or not (repeats and depends)


def test_examples_cover_every_kind_of_release():
    assert {name.split(":")[0] for name in EXAMPLES} >= set(BUILT_IN)


@pytest.mark.parametrize("delta", [1e-7, 1e-5, 1e-2])
def test_a_guarantee_is_stated_at_the_delta_that_it_is_asked_for(delta):
    """The second implementation is the analytic one of the Gaussian mechanism."""
    private = Release("gaussian", none().apply, dp_accounting.GaussianDpEvent(2.0), "for the test")
    stated = guarantee(private, delta)
    assert stated.delta == delta
    assert stated.epsilon == pytest.approx(dp_accounting.get_epsilon_gaussian(2.0, delta), abs=1e-3)


def nothing(model, records, generator):
    """Train nothing."""


def defence(training, text="none"):
    return parse_defence(text, Setting(training, Training(), 100))


def test_what_a_training_function_claims_is_told_as_its_claim():
    claim = OwnTraining(nothing, "mine:train", dp_accounting.GaussianDpEvent(2.0), "because I say so")
    stated = guarantee(defence(claim), DELTA)
    assert stated.epsilon == pytest.approx(dp_accounting.get_epsilon_gaussian(2.0, DELTA), abs=1e-3)
    assert stated.reason == "claimed by mine:train, accounted for and not checked: because I say so"
    assert (stated.claimed, str(stated)) == (True, f"{as_upper_bound(stated.epsilon)}, claimed")


@pytest.mark.parametrize("text", ["none", "fedsz:rel=1e-2"])
def test_a_training_function_that_claims_nothing_is_given_nothing(text):
    stated = guarantee(defence(OwnTraining(nothing, "mine:train"), text), DELTA)
    assert stated.epsilon == math.inf
    assert stated.reason.endswith("; mine:train claims no privacy event")
    assert (stated.claimed, str(stated)) == (False, "∞")


def test_private_training_of_the_toolkit_beside_a_function_is_no_claim_of_it():
    stated = guarantee(defence(OwnTraining(nothing, "mine:train"), "dpsgd:noise=1"), DELTA)
    assert stated.epsilon < math.inf
    assert "mine:train" not in stated.reason
    assert (stated.claimed, str(stated)) == (False, f"{as_upper_bound(stated.epsilon)}")


@pytest.mark.slow
def test_an_epsilon_at_another_delta_is_restated_in_words():
    stated = guarantee(defence(Training(), "dpsgd:eps=8,delta=1e-6"), DELTA)
    assert stated.epsilon < 8
    assert "calibrated to epsilon 8 at delta 1e-6, and restated here at the run's delta of 1e-5" in stated.reason
