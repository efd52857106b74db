import numpy as np
import pytest
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.methods.leakage.membership import (
    FALSE_POSITIVE_RATES,
    LEAST_FALSE_POSITIVES,
    STATISTICS,
    guessed_advantage,
    leakage,
    resolvable_rates,
    roc_statistics,
)
from analysis.methods.leakage.resampling import resample_weights


def statistics(scores, members, weights=None, rates=FALSE_POSITIVE_RATES):
    return roc_statistics(scores, members, [np.ones_like(scores) if weights is None else weights], rates)[0]


@pytest.mark.parametrize("decimals", [8, 1, 0])
def test_statistics_equal_scikit_learns_with_weights_and_ties(rng, decimals):
    members = rng.random((15, 40)) < 0.5
    scores = np.round(members * 0.7 + rng.normal(size=members.shape), decimals)
    weights = rng.multinomial(600, np.full(600, 1 / 600)).reshape(15, 40).astype(float)
    auc, advantage, *at_rate = statistics(scores, members, weights)
    arguments = (members.ravel(), scores.ravel())
    fpr, tpr, _ = roc_curve(*arguments, sample_weight=weights.ravel(), drop_intermediate=False)
    assert auc == pytest.approx(roc_auc_score(*arguments, sample_weight=weights.ravel()))
    assert advantage == pytest.approx((tpr - fpr).max())
    assert at_rate == pytest.approx([tpr[fpr <= rate].max() for rate in FALSE_POSITIVE_RATES])


def test_statistics_are_those_asked_for_in_the_order_of_their_names(rng):
    members = rng.random((5, 20)) < 0.5
    scores = rng.normal(size=members.shape)
    assert len(STATISTICS) == len(statistics(scores, members))
    assert statistics(scores, members, rates=(0.1,)).tolist() == statistics(scores, members)[:3].tolist()


def test_constant_scores_are_guesses(rng):
    members = rng.random((5, 20)) < 0.5
    assert statistics(np.zeros((5, 20)), members).tolist() == [0.5, 0, 0, 0, 0, 0]


def test_weights_of_zero_leave_the_group(rng):
    members, group = rng.random((2, 15, 40)) < 0.5
    scores = members + rng.normal(size=members.shape)
    inside = statistics(scores[group], members[group])
    assert statistics(scores, members, group.astype(float)) == pytest.approx(inside)


@pytest.mark.parametrize("whole", [True, False])
def test_a_group_without_members_or_without_non_members_has_no_statistics(rng, whole):
    members = np.full((3, 7), whole)
    assert np.isnan(statistics(rng.normal(size=members.shape), members)).all()


@pytest.mark.parametrize(
    ("non_members", "rates"),
    [
        (0, ()),
        (99, ()),
        (100, (1e-1,)),
        (999, (1e-1,)),
        (1000, (1e-1, 1e-2)),
        (10_000, (1e-1, 1e-2, 1e-3)),
        (12_800, (1e-1, 1e-2, 1e-3)),
        (100_000, (1e-1, 1e-2, 1e-3, 1e-4)),
    ],
)
def test_a_rate_is_resolvable_from_ten_expected_false_positives(non_members, rates):
    assert resolvable_rates(non_members) == rates


def test_a_rate_at_the_limit_has_the_relative_error_that_is_stated(rng):
    """The rate above a fixed threshold is binomial; a standard deviation of 10,000 draws is within 3% (4 sigma)."""
    rates = rng.binomial(1000, LEAST_FALSE_POSITIVES / 1000, size=10_000) / LEAST_FALSE_POSITIVES
    assert rates.std() == pytest.approx(LEAST_FALSE_POSITIVES**-0.5, rel=0.03)


def test_only_resolvable_rates_are_reported(rng):
    members = rng.random((10, 40)) < 0.5
    non_members = int((~members).sum())
    replicates = roc_statistics(
        rng.normal(size=members.shape), members, resample_weights(10, 40, rng), resolvable_rates(non_members)
    )
    found = leakage(replicates, replicates, non_members)
    assert found.non_members == non_members
    assert tuple(found.tpr_at_fpr) == tuple(found.tpr_difference) == (0.1,)


def test_the_advantage_of_guesses_is_that_of_a_best_threshold():
    """Mean over 300 repetitions, within 3.3 standard errors (probability 1e-3), of scores that share candidates."""
    advantages = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        members = rng.random((40, 50)) < 0.5
        scores = 3 * rng.normal(size=50) + rng.normal(size=(40, 1)) + rng.normal(size=members.shape)
        advantages.append(statistics(scores, members)[1])
    assert np.mean(advantages) == pytest.approx(guessed_advantage(1000, 1000), abs=3.3 * np.std(advantages) / 300**0.5)


def test_infinite_scores_are_equal_scores():
    scores, membership = np.array([np.inf] * 4 + [-np.inf] * 4), np.arange(8) % 2 == 0
    found = roc_statistics(scores, membership, [np.ones(8)], (0.1,))
    assert found.tolist() == roc_statistics(np.sign(scores), membership, [np.ones(8)], (0.1,)).tolist()
    assert found[0, :2].tolist() == [0.5, 0]


def test_paired_differences_of_equal_scores_are_exactly_zero(rng):
    members = rng.random((10, 20)) < 0.5
    replicates = roc_statistics(members + rng.normal(size=(10, 20)), members, resample_weights(10, 20, rng), (0.1,))
    found = leakage(replicates, replicates, 100)
    for difference in (found.auc_difference, found.advantage_difference, *found.tpr_difference.values()):
        assert (difference.low, difference.high, difference.detectable) == (0, 0, 0)


@pytest.mark.slow
def test_intervals_cover_the_truth():
    """95% intervals of the AUC, with effects shared within trials and candidates, over 100 repetitions.

    The number that cover is binomial if coverage is 0.95; fewer than the bound have probability 1e-3.
    """
    truth, covered = norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        members = rng.random((30, 40)) < 0.5
        shared = 0.3 * rng.normal(size=(30, 1)) * members + 0.3 * rng.normal(size=(1, 40)) * members
        noise = rng.normal(size=members.shape) * np.sqrt(1 - 0.09 * members)
        scores = members + (shared + noise) * np.ones_like(members)
        replicates = roc_statistics(scores, members, resample_weights(30, 40, rng), (0.1,))
        auc = leakage(replicates, replicates, 600).auc
        covered += auc.low <= truth <= auc.high
    assert covered >= binom.ppf(1e-3, 100, 0.95)
