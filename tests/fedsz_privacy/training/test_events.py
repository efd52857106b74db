"""Finite mechanisms and (epsilon, delta) ones, against closed forms."""

import math

import dp_accounting
import numpy as np
import pytest
from scipy.stats import binom

from fedsz_privacy.training.accounting import calibrate, epsilon
from fedsz_privacy.training.events import EpsilonDeltaDpEvent, FiniteDpEvent

DELTA = 1e-5


def randomized_response(eps):
    truth = 1 / (1 + math.exp(-eps))
    return FiniteDpEvent((truth, 1 - truth), (1 - truth, truth))


def curve(upper, lower, eps):
    """Return delta(eps), the greater of both directions."""
    one, other = np.array(upper), np.array(lower)
    return max(np.maximum(a - math.exp(eps) * b, 0).sum() for a, b in ((one, other), (other, one)))


def test_a_finite_event_has_the_delta_curve_of_its_pair():
    upper, lower = (0.6, 0.3, 0.1, 0.0), (0.2, 0.3, 0.49999, 0.00001)
    found = epsilon(FiniteDpEvent(upper, lower), DELTA * 1.0001)
    assert curve(upper, lower, found) <= DELTA * 1.0001 < curve(upper, lower, found - 1e-3)


def test_swapping_the_pair_changes_nothing():
    upper, lower = (0.6, 0.3, 0.1), (0.2, 0.3, 0.5)
    assert epsilon(FiniteDpEvent(upper, lower), DELTA) == epsilon(FiniteDpEvent(lower, upper), DELTA)


def test_randomized_response_composed_is_a_pair_of_binomials():
    times, one = 30, 0.5
    truth = 1 / (1 + math.exp(-one))
    counts = np.arange(times + 1)
    upper, lower = binom.pmf(counts, times, truth), binom.pmf(counts, times, 1 - truth)
    found = epsilon(dp_accounting.SelfComposedDpEvent(randomized_response(one), times), DELTA)
    assert curve(upper, lower, found) <= DELTA < curve(upper, lower, found - 0.02)


@pytest.mark.parametrize("eps", [0.0, 0.7, 8.0, 300.0])
@pytest.mark.parametrize("delta", [0.0, 1e-6])
def test_an_epsilon_and_delta_are_themselves(eps, delta):
    assert epsilon(EpsilonDeltaDpEvent(eps, delta), DELTA) == pytest.approx(eps, abs=2e-3 + 1e-4 * eps)


def test_pure_epsilon_is_randomized_response():
    assert EpsilonDeltaDpEvent(1.0).worst.upper[1] == pytest.approx(randomized_response(1.0).upper[0])


def test_a_delta_above_what_is_allowed_guarantees_nothing():
    assert epsilon(EpsilonDeltaDpEvent(1.0, 1e-4), DELTA) == math.inf


def test_it_composes_with_noise():
    gaussian = dp_accounting.GaussianDpEvent(1.0)
    both = epsilon(dp_accounting.ComposedDpEvent([gaussian, EpsilonDeltaDpEvent(0.5)]), DELTA)
    assert epsilon(gaussian, DELTA) < both <= epsilon(gaussian, DELTA) + 0.5 + 1e-3


def test_calibration_finds_the_epsilon_of_a_round():
    found = calibrate(lambda scale: dp_accounting.SelfComposedDpEvent(EpsilonDeltaDpEvent(1 / scale), 4), 2.0, 1e-10)
    assert 1 / found == pytest.approx(0.5, rel=1e-2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FiniteDpEvent((0.5, 0.5), (1.0,)),
        lambda: FiniteDpEvent((0.5, 0.4), (0.5, 0.5)),
        lambda: FiniteDpEvent((1.5, -0.5), (0.5, 0.5)),
        lambda: EpsilonDeltaDpEvent(-1.0),
        lambda: EpsilonDeltaDpEvent(1.0, 2.0),
        lambda: EpsilonDeltaDpEvent(math.nan),
    ],
)
def test_what_is_no_distribution_is_refused(make):
    with pytest.raises(ValueError, match="give"):
        make()
