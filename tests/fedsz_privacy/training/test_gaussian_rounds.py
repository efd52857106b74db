import math

import pytest
from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent, SelfComposedDpEvent
from dp_accounting.rdp import RdpAccountant
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.stats import norm

from fedsz_privacy import InputError
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.gaussian_rounds import (
    Adjacency,
    GaussianRounds,
    classical_epsilon,
    classical_noise,
    noise_for_epsilon,
    rounds_within,
)

ZERO_OUT, REPLACE = Adjacency
DELTA = 1e-5


def balle_wang(mu, delta):
    """Return epsilon from the closed form of the Gaussian curve, by scipy alone, in logarithms."""

    def excess(eps):
        one, other = norm.logcdf(mu / 2 - eps / mu), eps + norm.logcdf(-mu / 2 - eps / mu)
        return one + math.log(-math.expm1(other - one)) - math.log(delta) if other < one else -math.inf

    return optimize.brentq(lambda eps: max(excess(eps), -1e9), 0, 2 * mu**2 + 100 * mu)


@pytest.mark.parametrize(("asked", "rounds", "real"), [(10, 1, 10.39), (20, 1, 25.4), (10, 10, 48.4)])
def test_what_the_classical_formula_really_gives(asked, rounds, real):
    noise = classical_noise(1, asked, DELTA)
    assert GaussianRounds(noise, rounds=rounds).epsilon(DELTA, ZERO_OUT) == pytest.approx(real, rel=2e-3)


def test_a_sensitivity_of_a_ten_thousandth_of_the_clip_norm_guarantees_nothing():
    noise = classical_noise(1e-4, 10, DELTA)
    assert GaussianRounds(noise).epsilon(DELTA, ZERO_OUT) == pytest.approx(2.13e8, rel=1e-2)


@settings(max_examples=50)
@given(noise=st.floats(0.3, 20), rounds=st.integers(1, 100), delta=st.floats(1e-10, 0.1))
def test_rounds_without_sampling_are_the_closed_form_of_one(noise, rounds, delta):
    mu = math.sqrt(rounds) / noise
    if delta > 2 * norm.cdf(mu / 2) - 1:
        return  # even epsilon 0 has a smaller delta
    for adjacency in Adjacency:
        found = GaussianRounds(noise, rounds=rounds).epsilon(delta, adjacency)
        assert found == pytest.approx(balle_wang(adjacency.value * mu, delta), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("rounds", [1, 10])
def test_and_what_privacy_loss_distributions_say(rounds):
    event = SelfComposedDpEvent(GaussianDpEvent(2.0), rounds)
    assert GaussianRounds(2.0, rounds=rounds).epsilon(DELTA, ZERO_OUT) == pytest.approx(epsilon(event, DELTA), rel=1e-4)


def test_sampling_at_a_rate_of_nearly_one_is_no_sampling():
    for adjacency in Adjacency:
        almost, all_in = (GaussianRounds(4.0, rate, 5).epsilon(DELTA, adjacency) for rate in (1 - 1e-9, 1.0))
        assert almost == pytest.approx(all_in, rel=1e-4)


def test_sampled_rounds_are_what_the_accountant_says():
    event = SelfComposedDpEvent(PoissonSampledDpEvent(0.1, GaussianDpEvent(2.0)), 10)
    assert GaussianRounds(2.0, 0.1, 10).epsilon(DELTA, ZERO_OUT) == pytest.approx(epsilon(event, DELTA), rel=1e-6)


def test_sampling_lowers_epsilon_and_replacing_costs_more():
    one, other = (GaussianRounds(1.1, 0.01, 1000).epsilon(DELTA, adjacency) for adjacency in Adjacency)
    assert one < other < GaussianRounds(1.1, 1, 1000).epsilon(DELTA, ZERO_OUT)


def test_a_meaningless_configuration_takes_no_memory():
    assert GaussianRounds(0.2, 0.5, 10**6).epsilon(DELTA, REPLACE) > 1e6


def test_the_least_noise_reaches_epsilon_exactly():
    for adjacency in Adjacency:
        noise = noise_for_epsilon(10, 3.0, DELTA, adjacency)
        assert GaussianRounds(noise, rounds=10).epsilon(DELTA, adjacency) == pytest.approx(3.0, rel=1e-6)


@pytest.mark.parametrize("asked", [0.1, 0.5, 1.0])
def test_the_classical_formula_keeps_its_word_below_one(asked):
    noise = classical_noise(1, asked, DELTA)
    assert GaussianRounds(noise).epsilon(DELTA, ZERO_OUT) <= asked
    assert classical_epsilon(noise, DELTA, ZERO_OUT) == pytest.approx(asked)


@pytest.mark.parametrize("budget", [0.5, 7.0, 100.0])
def test_the_budget_is_spent_by_the_next_round(budget):
    def spent(rounds):
        return GaussianRounds(3.0, rounds=rounds).epsilon(DELTA, ZERO_OUT)

    rounds = rounds_within(budget, spent)
    assert (spent(rounds) if rounds else 0) <= budget < spent(rounds + 1)


def test_a_budget_that_is_never_spent_ends_at_the_most_rounds():
    assert rounds_within(1.0, lambda rounds: 0.0 * rounds) == 10**6
    assert rounds_within(1.0, lambda rounds: 2.0 * rounds) == 0


def test_no_noise_guarantees_nothing():
    assert GaussianRounds(0.0).epsilon(DELTA, ZERO_OUT) == math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.1, 0.5, 1), "noise multiplier 0.1: choose a positive number from 0.2"),
        ((1.0, 0.0, 1), "sampling rate 0.0: choose a positive number"),
        ((1.0, 1.5, 1), "sampling rate 1.5: choose"),
        ((1.0, 1.0, 0), "rounds 0: choose 1 or more"),
        ((-1.0, 1.0, 1), "noise multiplier -1.0: choose 0 or more"),
        ((math.nan, 1.0, 1), "noise multiplier nan: choose"),
    ],
)
def test_numbers_out_of_range_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message):
        GaussianRounds(*arguments)


@pytest.mark.slow
def test_very_many_rounds_of_little_noise_have_an_epsilon_too():
    """Losses once overflowed where a first look found them infinite."""
    unsampled = GaussianRounds(0.3, rounds=100_000).epsilon(1e-10, ZERO_OUT)
    assert 1e5 < GaussianRounds(0.3, 0.3, 100_000).epsilon(1e-10, ZERO_OUT) < unsampled
    for adjacency in Adjacency:
        assert math.isfinite(GaussianRounds(0.2, 1 - 1e-16).epsilon(1e-10, adjacency))


@pytest.mark.parametrize("delta", [0.0, 1e-11, 1.0, math.nan])
def test_a_delta_below_what_can_be_computed_is_refused(delta):
    for ask in (
        lambda: classical_noise(1, 1, delta),
        lambda: GaussianRounds(1.0).epsilon(delta, ZERO_OUT),
        lambda: noise_for_epsilon(1, 1.0, delta, ZERO_OUT),
    ):
        with pytest.raises(InputError, match=r"delta .*: choose a number between 0 and 1, of 1e-10 or more"):
            ask()


@pytest.mark.slow
def test_what_floats_lose_in_many_rounds_makes_no_epsilon_too_small():
    nearly, exact = (GaussianRounds(170.0, rate, 500_000).epsilon(2.3e-10, ZERO_OUT) for rate in (1 - 1e-12, 1.0))
    assert nearly >= exact * (1 - 1e-9)


def test_rounds_of_which_floats_lose_the_losses_are_counted_by_divergences_and_not_as_without_sampling():
    sampled, step = GaussianRounds(0.5, 1e-5, 10**6), PoissonSampledDpEvent(1e-5, GaussianDpEvent(0.5))
    by_divergences = RdpAccountant().compose(step, 10**6).get_epsilon(1e-10)
    assert sampled.epsilon(1e-10, ZERO_OUT) == by_divergences < 100
    assert sampled.epsilon(1e-10, REPLACE) == GaussianRounds(0.5, 1.0, 10**6).epsilon(1e-10, REPLACE)
