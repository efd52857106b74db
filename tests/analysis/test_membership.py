import numpy as np
import pytest
from scipy.stats import binom, norm
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.membership import FALSE_POSITIVE_RATES, RESAMPLES, leakage, resample_weights, roc_statistics


@pytest.mark.parametrize("decimals", [8, 1, 0])
def test_statistics_equal_scikit_learns_with_weights_and_ties(rng, decimals):
    members = rng.random((15, 40)) < 0.5
    scores = np.round(members * 0.7 + rng.normal(size=members.shape), decimals)
    weights = rng.multinomial(600, np.full(600, 1 / 600)).reshape(15, 40).astype(float)
    (found,) = roc_statistics(scores, members, [weights])
    arguments = (members.ravel(), scores.ravel())
    fpr, tpr, _ = roc_curve(*arguments, sample_weight=weights.ravel(), drop_intermediate=False)
    assert found[0] == pytest.approx(roc_auc_score(*arguments, sample_weight=weights.ravel()))
    for value, rate in zip(found[1:], FALSE_POSITIVE_RATES, strict=True):
        assert value == pytest.approx(tpr[fpr <= rate].max())


def test_constant_scores_are_guesses(rng):
    members = rng.random((5, 20)) < 0.5
    (found,) = roc_statistics(np.zeros((5, 20)), members, [np.ones((5, 20))])
    assert found.tolist() == [0.5, 0, 0, 0]


def test_weights_are_products_of_multinomial_counts(rng):
    weights = resample_weights(6, 9, rng)
    assert weights.shape == (1 + RESAMPLES, 6, 9)
    assert (weights[0] == 1).all()
    assert weights.sum(axis=(1, 2)) == pytest.approx(54)
    assert all(np.linalg.matrix_rank(each) == 1 for each in weights[1:20])


def test_paired_differences_of_equal_scores_are_exactly_zero(rng):
    members = rng.random((10, 20)) < 0.5
    replicates = roc_statistics(members + rng.normal(size=(10, 20)), members, resample_weights(10, 20, rng))
    found = leakage(replicates, replicates)
    assert (found.auc_difference.low, found.auc_difference.high) == (0, 0)


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
        replicates = roc_statistics(scores, members, resample_weights(30, 40, rng)[:201])
        auc = leakage(replicates, replicates).auc
        covered += auc.low <= truth <= auc.high
    assert covered >= binom.ppf(1e-3, 100, 0.95)
