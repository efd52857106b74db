import math

import dp_accounting
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import guarantee
from fedsz_privacy.defences.release import RELEASES, Release, none, parse_release

EXAMPLES = ("none", "fedsz:rel=1e-2", "fedsz:abs=1e-3", "none+fedsz:rel=1e-1")
"""At least one string of every kind of release."""


@pytest.mark.parametrize("name", ["none", "fedsz:rel=1e-2", "fedsz:abs=1e+6", "none+fedsz:rel=3e-1"])
def test_a_deterministic_release_is_never_given_a_finite_epsilon(name):
    stated = guarantee(parse_release(name))
    assert stated.epsilon == math.inf
    assert stated.reason


def test_a_private_event_gives_its_own_epsilon_and_post_processing_keeps_it():
    private = Release("gaussian", none().apply, dp_accounting.GaussianDpEvent(1.0), "for the test")
    exact = dp_accounting.get_epsilon_gaussian(1.0, 1e-5)
    assert guarantee(private).epsilon == pytest.approx(exact, abs=1e-3)
    assert guarantee(private.then(parse_release("fedsz:rel=1e-2"))).epsilon == guarantee(private).epsilon


def test_what_follows_an_exact_release_cannot_make_it_private():
    private = Release("gaussian", none().apply, dp_accounting.GaussianDpEvent(1.0), "for the test")
    assert guarantee(none().then(private)).epsilon == math.inf


DETERMINISTIC = st.one_of(
    st.just("none"),
    st.builds("fedsz:rel={:g}".format, st.floats(1e-6, 10)),
    st.builds("fedsz:abs={:g}".format, st.floats(1e-9, 1e3)),
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(DETERMINISTIC, min_size=1, max_size=4))
def test_no_chain_of_deterministic_releases_is_given_a_finite_epsilon(parts):
    assert guarantee(parse_release("+".join(parts))).epsilon == math.inf


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
    assert guarantee(release).epsilon == math.inf or not (repeats and depends)


def test_examples_cover_every_kind_of_release():
    assert {name.split(":")[0] for name in EXAMPLES} >= set(RELEASES)
