"""Bounds from two arrays, under the null that is named, on mechanisms of known epsilon."""

import subprocess
import sys
from bisect import bisect_right

import numpy as np
import pytest
from dp_accounting import (
    ComposedDpEvent,
    GaussianDpEvent,
    LaplaceDpEvent,
    NonPrivateDpEvent,
    PoissonSampledDpEvent,
    SelfComposedDpEvent,
    get_epsilon_gaussian,
)
from scipy.stats import binom, binomtest, norm

from analysis.methods.lower_bounds import (
    AnyMechanism,
    Guesses,
    NoiseFamily,
    ceiling,
    dpsgd_family,
    epsilon_lower_bound,
    gaussian_family,
    one_run_bound,
)
from analysis.methods.lower_bounds.accuracy import advantage_lower_limit, halving_threshold
from analysis.methods.lower_bounds.noise_family import (
    epsilon_of_advantage,
    is_gaussian,
    smallest_multiplier,
    with_noise,
)
from analysis.methods.lower_bounds.nulls import describe
from fedsz_privacy import InputError
from fedsz_privacy.training.accounting import calibrate, epsilon
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

pytestmark = pytest.mark.slow

DELTA = 1e-5
DPSGD = SelfComposedDpEvent(PoissonSampledDpEvent(0.1, GaussianDpEvent(0.803)), 50)
REPETITIONS = 100
MOST = binom.ppf(1 - 1e-3, REPETITIONS, 0.05)
"""Bounds above the truth, of so many repetitions, that an honest 95% exceeds once in a thousand."""


def drawn(rng, count, mu):
    members = rng.random(count) < 0.5
    return mu * members + rng.normal(size=count), members


def evidence(rng, coins, noise, rate=0.1, steps=50):
    """Draw coins and the log-likelihood ratios of canaries in every step of DP-SGD, step by step."""
    members, ratios = rng.random(coins) < 0.5, np.zeros(coins)
    for _ in range(steps):
        seen = (members & (rng.random(coins) < rate)) + noise * rng.standard_normal(coins)
        ratios += np.log(1 - rate + rate * np.exp((2 * seen - 1) / (2 * noise**2)))
    return ratios, members


@pytest.mark.parametrize("mu", [0.1, 1.0, 3.0])
def test_the_gaussian_family_turns_advantage_into_epsilon_as_its_closed_form_does(mu):
    advantage = 2 * norm.cdf(mu / 2) - 1
    found = epsilon_of_advantage(GaussianDpEvent(5.0), advantage, DELTA)
    assert found == pytest.approx(get_epsilon_gaussian(1 / mu, DELTA), abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.6, 0.803])
def test_the_family_of_dp_sgd_turns_its_own_advantage_into_its_own_epsilon(noise):
    event = with_noise(DPSGD, noise / 0.803)
    rng = np.random.default_rng(0)
    ratios, members = evidence(rng, 100_000, noise)
    # The accuracy at ratio 0 has a standard error of .0016, so the advantage one of .0032.
    advantage = 2 * np.mean((ratios >= 0) == members) - 1
    low, high = (epsilon_of_advantage(DPSGD, advantage + sign * 5 * 0.0032, DELTA) for sign in (-1, 1))
    assert low < epsilon(event, DELTA) < high < 1.4 * low


def test_the_limit_of_an_advantage_is_clopper_and_pearsons():
    scores, members = drawn(np.random.default_rng(0), 500, 1.0)
    right = int(((scores >= 0.5) == members).sum())
    limit = binomtest(right, 500, alternative="greater").proportion_ci(0.9, "exact").low
    assert advantage_lower_limit(scores, members, 0.5, 0.9) == pytest.approx(2 * limit - 1)
    assert advantage_lower_limit(np.where(members, -1.0, 1.0), members, 0.5, 0.9) == -1


@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_the_threshold_names_half_of_the_scores_as_nearly_as_ties_let_it(count):
    scores = np.random.default_rng(count).integers(0, 4, count).astype(float)
    named = np.mean(scores >= halving_threshold(scores))
    assert abs(named - 0.5) == min(abs(np.mean(scores >= value) - 0.5) for value in scores)


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_threshold_chosen_by_the_scores_alone_keeps_the_confidence(count):
    """2,000 repetitions: more than 131 limits above the truth have probability 1e-3 if each has 0.05."""
    rng, truth = np.random.default_rng(count), 2 * norm.cdf(0.5) - 1
    above = 0
    for _ in range(2000):
        scores, members = drawn(rng, count, 1.0)
        above += advantage_lower_limit(scores, members, halving_threshold(scores), 0.95) > truth
    assert above <= binom.ppf(1 - 1e-3, 2000, 0.05)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("null", [pytest.param(AnyMechanism(), marks=SLOW), gaussian_family(), dpsgd_family(0.1, 50)])
def test_null_data_prove_nothing_as_often_as_the_confidence_says(null):
    rng = np.random.default_rng(1)
    positive = sum(epsilon_lower_bound(*drawn(rng, 200, 0.0), null).epsilon > 0 for _ in range(REPETITIONS))
    assert positive <= MOST


def test_a_family_proves_most_of_epsilon_and_any_mechanism_about_half():
    scores, members = drawn(np.random.default_rng(0), 10_000, 1.0)
    truth = get_epsilon_gaussian(1.0, DELTA)
    assert 0.9 * truth < epsilon_lower_bound(scores, members, gaussian_family()).epsilon < truth
    assert 0.3 * truth < epsilon_lower_bound(scores, members).epsilon < 0.7 * truth


def test_scores_of_two_values_do_as_well_as_fine_ones():
    """Randomised response answers right with probability 3/4: no threshold splits its scores in halves."""
    rng = np.random.default_rng(2)
    members = rng.random(5000) < 0.5
    scores = np.where(rng.random(5000) < 0.75, members, ~members).astype(float)
    found = epsilon_lower_bound(scores, members, gaussian_family())
    assert 0.9 < found.epsilon / epsilon_of_advantage(GaussianDpEvent(1.0), 0.5, DELTA) < 1


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (GaussianDpEvent(2.0), "Gaussian noise"),
        (DPSGD, "50 steps of Gaussian noise at sampling rate 0.1"),
        (SelfComposedDpEvent(GaussianDpEvent(1.0), 1), "Gaussian noise"),
        (
            ComposedDpEvent([DPSGD, GaussianDpEvent(1.0)]),
            "50 steps of Gaussian noise at sampling rate 0.1 and G",
        ),
    ],
)
def test_a_family_is_described_and_keeps_all_but_the_noise(event, words):
    assert describe(event).startswith(words)
    assert with_noise(with_noise(event, 4.0), 0.25) == event
    assert NoiseFamily(event).rejects.endswith("with more noise")


def test_a_discrete_gaussian_counts_as_a_continuous_one():
    event = SelfComposedDpEvent(DiscreteGaussianDpEvent(2.0), 3)
    assert describe(event) == "3 steps of Gaussian noise"
    assert with_noise(event, 0.5) == SelfComposedDpEvent(GaussianDpEvent(1.0), 3)
    assert smallest_multiplier(event) == 2.0


OTHER_NOISE = [NonPrivateDpEvent(), LaplaceDpEvent(1.0), SelfComposedDpEvent(LaplaceDpEvent(1.0), 2)]


@pytest.mark.parametrize("event", OTHER_NOISE)
def test_events_of_other_noise_have_no_such_family(event):
    assert not is_gaussian(event)
    members = np.arange(10) % 2 == 0
    with pytest.raises(InputError, match=r"is not made of Gaussian noise: use the null AnyMechanism\(\)"):
        epsilon_lower_bound(members.astype(float), members, NoiseFamily(event))


def test_coins_that_were_not_fair_are_refused():
    scores, members = np.arange(1000.0), np.arange(1000) < 300
    with pytest.raises(InputError, match="300 of 1000 scores are of members, which fair coins do not give: audit"):
        epsilon_lower_bound(scores, members, gaussian_family())


@pytest.mark.parametrize("null", [AnyMechanism(), gaussian_family()])
def test_what_cannot_be_a_score_is_refused(null):
    with pytest.raises(InputError, match="scores and membership have shapes"):
        epsilon_lower_bound(np.zeros(4), np.zeros(3, bool), null)
    with pytest.raises(InputError, match="scores"):
        epsilon_lower_bound(np.zeros(0), np.zeros(0, bool), null)
    with pytest.raises(InputError, match="is of type int64: give a bool array"):
        epsilon_lower_bound(np.zeros(4), np.array([0, 1, 0, 1]), null)


@pytest.mark.parametrize("coins", [1000, 12_800])
def test_the_ceiling_for_any_mechanism_is_that_of_right_guesses_on_all_coins(coins):
    numbers = [round(share * coins) for share in (0.8, 0.1, 0.05)]
    expected = one_run_bound([Guesses(right, right, coins) for right in numbers], DELTA, 0.95)
    assert ceiling(AnyMechanism(), coins, DELTA, 0.95) == expected


@pytest.mark.parametrize("runs", [1, 20, pytest.param(64, marks=SLOW)])
def test_a_mechanism_that_tells_all_once_in_a_while_is_not_said_to_have_an_epsilon(runs):
    """The negative control: a run tells its coins with probability .04, else none: (0, .04)-differentially private.

    Of 100 repetitions, more bounds above 0 than `binom` allows have probability 1e-3. Numbers of guesses chosen on
    coins of the run that is audited would be chosen by whether it told.
    """
    rng, above, told = np.random.default_rng(runs), 0, 0.04
    for _ in range(100):
        members = rng.random((runs, 128)) < 0.5
        tells = rng.random((runs, 1)) < told
        scores = np.where(tells, 2.0 * members, rng.random(members.shape))
        above += epsilon_lower_bound(scores, members, delta=told).epsilon > 0
    assert above <= binom.ppf(1 - 1e-3, 100, 0.05)


def test_the_ceiling_of_a_family_is_above_whatever_its_scores_prove():
    scores, members = drawn(np.random.default_rng(0), 1000, 8.0)
    null = gaussian_family()
    assert epsilon_lower_bound(scores, members, null).epsilon <= ceiling(null, 1000, DELTA, 0.95).epsilon


def test_the_library_needs_neither_models_nor_attacks():
    code = "import sys, analysis.methods.lower_bounds; print({'torch', 'attacks', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.slow
@pytest.mark.parametrize("coins", [12_800, 100_000])
@pytest.mark.parametrize("guaranteed", [1.0, 4.0, 8.0, 16.0])
def test_bounds_on_dp_sgd_come_close_to_what_is_guaranteed_and_exceed_it_no_more_than_they_may(guaranteed, coins):
    """Simulated scores: the share of epsilon that the median must reach, and how many bounds are above it.

    Of 100 repetitions with 12,800 coins, and of 20 with 100,000, more above than `binom` allows have probability 1e-3.
    """
    repetitions = {12_800: REPETITIONS, 100_000: 20}[coins]
    shares = {12_800: (0.70, 0.88, 0.90, 0.92), 100_000: (0.85, 0.95, 0.95, 0.96)}[coins]
    least = dict(zip((1.0, 4.0, 8.0, 16.0), shares, strict=True))[guaranteed]
    noise = calibrate(lambda each: with_noise(DPSGD, each / 0.803), guaranteed, DELTA)
    event, rng = with_noise(DPSGD, noise / 0.803), np.random.default_rng(int(guaranteed) + coins)
    limits = []
    for _ in range(repetitions):
        ratios, members = evidence(rng, coins, noise)
        limits.append(advantage_lower_limit(ratios, members, halving_threshold(ratios), 0.95))
    # Epsilon rises with the advantage: the bound of the median is the median bound, and a few tell how many are above.
    assert epsilon_of_advantage(event, float(np.median(limits)), DELTA) >= least * guaranteed
    below = bisect_right(sorted(limits), guaranteed, key=lambda limit: epsilon_of_advantage(event, limit, DELTA))
    above = repetitions - below
    assert above <= binom.ppf(1 - 1e-3, repetitions, 0.05)


@pytest.mark.parametrize("delta", [0.0, 1e-300, 1.0])
def test_a_delta_at_which_no_gaussian_epsilon_is_known_is_refused(delta):
    members = np.arange(50) % 2 == 0
    with pytest.raises(InputError, match="is not from 1e-10 to below 1, as a Gaussian curve needs"):
        epsilon_lower_bound(members.astype(float), members, gaussian_family(), delta)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_handful_of_scores_is_guessed_each_at_most_once(count):
    members = np.arange(count) % 4 < 2
    assert epsilon_lower_bound(members.astype(float), members).epsilon == 0
