import numpy as np
import pytest
from dp_accounting import get_epsilon_gaussian
from scipy.stats import binom, binomtest, norm

from analysis.methods.lower_bounds import (
    ErrorCounts,
    Guesses,
    bayesian_bounds,
    best_threshold,
    clopper_pearson_bound,
    count_errors,
    count_guesses,
    gaussian_bound,
    one_direction_bounds,
    one_run_bound,
    one_run_gaussian_bound,
    one_run_p_value,
)
from fedsz_privacy.core.errors import InputError


def counts(fp: int, non_members: int, fn: int, members: int) -> ErrorCounts:
    return ErrorCounts(np.array([fp]), non_members, np.array([fn]), members)


COUNTS = counts(40, 500, 150, 400)
GUESSES = Guesses(correct=75, guesses=100, candidates=1000)


def test_errors_are_counted_at_every_threshold_with_ties(rng):
    scores, members = rng.integers(0, 5, size=(20, 30)).astype(float), rng.random((20, 30)) < 0.3
    thresholds = np.array([-np.inf, 0, 1.5, 2, 4, np.inf])
    found = count_errors(scores, members, thresholds)
    named = scores[None] >= thresholds[:, None, None]
    assert (found.members, found.non_members) == (members.sum(), (~members).sum())
    assert found.false_positives.tolist() == (named & ~members).sum(axis=(1, 2)).tolist()
    assert found.false_negatives.tolist() == (~named & members).sum(axis=(1, 2)).tolist()


def test_best_threshold_separates_the_members():
    scores, members = np.arange(100.0), np.arange(100) >= 70
    candidates = np.arange(0.5, 100, 10)
    found = best_threshold(scores, members, candidates, lambda each: clopper_pearson_bound(each, 0, 0.95).epsilon)
    assert found == 70.5


@pytest.mark.parametrize("delta", [0, 0.01])
def test_clopper_pearson_is_the_formula_on_exact_intervals(delta):
    fpr, fnr = (
        binomtest(errors, total, alternative="less").proportion_ci(0.975, "exact").high
        for errors, total in [(40, 500), (150, 400)]
    )
    expected = np.log(max((1 - delta - fpr) / fnr, (1 - delta - fnr) / fpr))
    assert clopper_pearson_bound(COUNTS, delta, 0.95).epsilon == pytest.approx(expected)


def test_bonferroni_takes_the_best_of_thresholds_at_shared_confidence():
    three = ErrorCounts(np.array([40, 9, 200]), 500, np.array([150, 300, 20]), 400)
    singly = [counts(*each) for each in [(40, 500, 150, 400), (9, 500, 300, 400), (200, 500, 20, 400)]]
    level = 1 - 0.05 / 3
    expected = max(clopper_pearson_bound(each, 0.01, level).epsilon for each in singly)
    assert clopper_pearson_bound(three, 0.01, 0.95).epsilon == pytest.approx(expected)
    expected = max(gaussian_bound(each, 0.01, level).mu for each in singly)
    assert gaussian_bound(three, 0.01, 0.95).mu == pytest.approx(expected)


def test_gaussian_bound_is_the_formula_on_exact_intervals():
    fpr, fnr = (
        binomtest(errors, total, alternative="less").proportion_ci(0.975, "exact").high
        for errors, total in [(40, 500), (150, 400)]
    )
    found = gaussian_bound(COUNTS, 1e-5, 0.95)
    assert found.mu == pytest.approx(norm.ppf(1 - fpr) - norm.ppf(fnr))
    assert found.epsilon == pytest.approx(get_epsilon_gaussian(1 / found.mu, 1e-5))


@pytest.mark.parametrize("errors", [(0, 500, 0, 400), (500, 500, 0, 400), (0, 500, 400, 400), (500, 500, 400, 400)])
def test_bounds_stay_finite_without_errors_or_without_successes(errors):
    found = [
        clopper_pearson_bound(counts(*errors), 1e-5, 0.95).epsilon,
        gaussian_bound(counts(*errors), 1e-5, 0.95).epsilon,
        bayesian_bounds(counts(*errors), 1e-5, 0.95).low,
        one_direction_bounds(counts(*errors), 1e-5, 0.95).low,
    ]
    assert np.isfinite(found).all()
    assert all(each > 4 for each in found) if errors == (0, 500, 0, 400) else found == [0, 0, 0, 0]


@pytest.mark.parametrize("delta", [0, 0.05])
def test_posterior_quantiles_are_those_of_a_million_draws(rng, delta):
    fpr, fnr = rng.beta(40.5, 460.5, 10**6), rng.beta(150.5, 250.5, 10**6)
    first, second = np.log((1 - delta - fnr) / fpr), np.log((1 - delta - fpr) / fnr)
    for bounds, draws in [(bayesian_bounds, np.maximum(first, second)), (one_direction_bounds, first)]:
        found = bounds(COUNTS, delta, 0.95)
        expected = np.quantile(draws, [0.05, 0.5, 0.95])
        assert [found.low, found.median, found.high] == pytest.approx(expected, abs=2e-3)


def test_guesses_are_the_ends_of_the_ranking():
    scores, members = np.array([3.0, -1, 7, 0, 2, 5]), np.array([True, False, True, True, False, False])
    found = count_guesses(scores, members, 2, 2, np.random.default_rng(0))
    assert found == Guesses(correct=2, guesses=4, candidates=6)


def test_equal_scores_in_the_order_of_members_are_guesses(rng):
    members = np.arange(10_000) < 5000
    found = count_guesses(np.zeros(10_000), members, 500, 500, rng)
    assert binom.ppf(1e-4, 1000, 0.5) <= found.correct <= binom.ppf(1 - 1e-4, 1000, 0.5)


def test_one_run_reproduces_the_example_of_the_paper():
    """Steinke et al. (2023), Appendix D: 75 of 100 guesses on 1,000 candidates, delta 1e-4, 95%: 0.673."""
    assert one_run_bound([GUESSES], 1e-4, 0.95).epsilon == pytest.approx(0.673, abs=5e-4)


def test_one_run_p_value_is_its_sum_term_by_term():
    epsilon, delta = 0.7, 1e-4
    distribution = binom(100, 1 / (1 + np.exp(-epsilon)))
    slopes = [sum(distribution.pmf(75 - j) for j in range(1, i + 1)) / i for i in range(1, 76)]
    expected = distribution.sf(74) + 2 * 1000 * delta * max(slopes)
    assert one_run_p_value(GUESSES, epsilon, delta) == pytest.approx(expected)
    assert one_run_p_value(GUESSES, epsilon, 0) == pytest.approx(distribution.sf(74))


def test_one_run_gaussian_is_the_recursion_of_the_paper():
    """At the bound the recursion of Algorithm 3, as printed, stands between accepting and rejecting."""

    def rejected(mu: float) -> bool:
        right, wrong = [0.05 * 75 / 1000], [0.05 * 25 / 1000]
        for i in range(74, -1, -1):
            wrong.append(max(wrong[-1], norm.cdf(norm.ppf(min(right[-1], 1)) - mu)))
            right.append(right[-1] + i / (100 - i) * (wrong[-1] - wrong[-2]))
        return right[-1] + wrong[-1] > 100 / 1000

    found = one_run_gaussian_bound([GUESSES], 1e-5, 0.95)
    assert 0 < found.mu < 1
    assert rejected(found.mu - 1e-3)
    assert not rejected(found.mu + 1e-3)
    assert found.epsilon == pytest.approx(get_epsilon_gaussian(1 / found.mu, 1e-5))


def test_several_numbers_of_guesses_share_the_confidence():
    several = [GUESSES, Guesses(300, 500, 1000)]
    for bound in (
        lambda guesses, level: one_run_bound(guesses, 1e-5, level).epsilon,
        lambda guesses, level: one_run_gaussian_bound(guesses, 1e-5, level).mu,
    ):
        assert bound(several, 0.95) == pytest.approx(max(bound([each], 0.975) for each in several))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: clopper_pearson_bound(COUNTS, 1, 0.95), "delta 1 .*1e-5"),
        (lambda: clopper_pearson_bound(COUNTS, 0, 95), "confidence 95 .*0.95"),
        (lambda: gaussian_bound(COUNTS, 0, 0.95), "delta 0 .*1e-5"),
        (lambda: one_run_gaussian_bound([GUESSES], 0, 0.95), "delta 0 .*1e-5"),
        (lambda: bayesian_bounds(COUNTS, -0.1, 0.95), "delta -0.1 .*1e-5"),
        (lambda: one_direction_bounds(COUNTS, 0, 0), "confidence 0 .*0.95"),
        (
            lambda: bayesian_bounds(ErrorCounts(np.zeros(2, int), 9, np.zeros(2, int), 9), 0, 0.95),
            "2 thresholds: choose one",
        ),
        (lambda: counts(11, 10, 0, 10), "false positives from 11 to 11 .* 10 non-members"),
        (lambda: counts(0, 10, 0, 0), "0 members: an audit needs at least one"),
        (lambda: ErrorCounts(np.zeros(2, int), 9, np.zeros(3, int), 9), "same thresholds"),
        (lambda: ErrorCounts(np.zeros(0, int), 9, np.zeros(0, int), 9), "one count for each threshold"),
        (lambda: count_errors(np.zeros(3), np.zeros(4, bool), 0), "one membership for each score"),
        (lambda: count_errors(np.zeros(3), np.zeros(3), 0), "float64: give a bool array"),
        (lambda: count_errors(np.array([np.nan, 1]), np.array([True, False]), 0), "1 scores are NaN"),
        (lambda: count_errors(np.zeros(3), np.ones(3, bool), 0), "0 non-members"),
        (lambda: count_errors(np.zeros(2), np.array([True, False]), np.nan), "thresholds are NaN"),
        (lambda: count_guesses(np.zeros(3), np.zeros(3, bool), 2, 2, np.random.default_rng()), "guess each at most"),
        (lambda: Guesses(5, 4, 10), "5 correct of 4 guesses"),
        (lambda: Guesses(0, 0, 10), "guess at least once"),
        (lambda: one_run_bound([], 0, 0.95), "give at least one"),
        (lambda: one_run_p_value(GUESSES, -1, 0), "epsilon -1 .* 0 or more"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
