"""Attacks R and P against their formulas, comparison by comparison."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from attacks.signals.loss import LOSS
from attacks.signals.population import ATTACK_P
from attacks.signals.reference import ATTACK_R


def wins(value, others):
    """The share of numbers below a value, equal ones counting half."""
    return np.mean([(value > other) + (value == other) / 2 for other in others])


@pytest.fixture
def scores(rng):
    """Rounded, so that some are equal."""
    return rng.normal(size=(12, 6)).round(1)


def test_attack_r_compares_with_models_not_trained_on_the_record(rng, scores):
    members = rng.random((12, 6)) < 0.5
    calibrated = ATTACK_R.calibrate(scores, members)
    for target, candidate in np.ndindex(12, 6):
        outside = [scores[row, candidate] for row in range(12) if row != target and not members[row, candidate]]
        assert calibrated[target, candidate] == pytest.approx(wins(scores[target, candidate], outside))


def test_attack_r_knows_nothing_of_a_record_that_was_always_in(scores):
    assert (ATTACK_R.calibrate(scores, np.ones((12, 6), bool)) == 0.5).all()


def test_attack_p_compares_with_the_other_candidates_of_the_trial(rng, scores):
    calibrated = ATTACK_P.calibrate(scores, rng.random((12, 6)) < 0.5)
    for target, candidate in np.ndindex(12, 6):
        expected = wins(scores[target, candidate], np.delete(scores[target], candidate))
        assert calibrated[target, candidate] == pytest.approx(expected)


def test_attack_r_nears_the_optimal_auc_for_gaussian_losses(rng):
    """The best test has AUC Phi(1/sqrt 2), standard error 0.003 at 20,000 scores; within 0.01 at error rate 1e-3."""
    members = rng.random((200, 100)) < 0.5
    losses = rng.normal(size=(1, 100)) * 5 + members + rng.normal(size=members.shape)
    auc = roc_auc_score(members.ravel(), ATTACK_R.calibrate(losses, members).ravel())
    assert auc == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.01)


def test_attack_p_beats_the_loss_where_targets_differ(rng):
    """Targets that differ ten times more than members do: 0.1 is over ten standard errors of a difference."""
    members = rng.random((200, 100)) < 0.5
    losses = rng.normal(size=(200, 1)) * 10 + members + rng.normal(size=members.shape)
    aucs = [roc_auc_score(members.ravel(), s.calibrate(losses, members).ravel()) for s in (ATTACK_P, LOSS)]
    assert aucs[0] > aucs[1] + 0.1
