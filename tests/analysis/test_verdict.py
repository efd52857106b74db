import math

import dp_accounting
import pytest

from analysis import guarantee
from fedsz_privacy.release import Release, none, parse_release


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
