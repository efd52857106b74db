"""RMIA against its formula, pair by pair."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.signals.lira import LIRA
from attacks.signals.rmia import RMIA, RMIA_OFFLINE


def share(probabilities, expected, target, candidate):
    """The share of the other candidates that the candidate dominates."""
    ratios = [probabilities[target, z] / expected(target, z) for z in range(probabilities.shape[1])]
    return np.mean([ratios[candidate] >= ratio for z, ratio in enumerate(ratios) if z != candidate])


def mean(probabilities, chosen, target, candidate):
    rows = [row for row in range(len(probabilities)) if row != target and chosen[row, candidate]]
    return np.mean([probabilities[row, candidate] for row in rows])


@pytest.fixture
def probabilities(rng):
    return rng.random((12, 6))


@pytest.fixture
def members(rng):
    return rng.random((12, 6)) < 0.5


def test_online_rmia_is_the_share_of_the_population_dominated(probabilities, members):
    def expected(target, z):
        return (mean(probabilities, members, target, z) + mean(probabilities, ~members, target, z)) / 2

    scores = RMIA.calibrate(np.log(probabilities), members)
    for target, candidate in np.ndindex(12, 6):
        assert scores[target, candidate] == pytest.approx(share(probabilities, expected, target, candidate))


def test_offline_rmia_makes_up_the_models_trained_with_the_record(probabilities, members):
    def expected(target, z):
        outside = mean(probabilities, ~members, target, z)
        return ((0.3 * outside + 0.7) + outside) / 2

    scores = RMIA_OFFLINE.calibrate(np.log(probabilities), members)
    for target, candidate in np.ndindex(12, 6):
        assert scores[target, candidate] == pytest.approx(share(probabilities, expected, target, candidate))


def test_vanishing_probabilities_are_scored(members):
    for signal in (RMIA, RMIA_OFFLINE):
        assert np.isfinite(signal.calibrate(np.full((12, 6), -2000.0), members)).all()


def test_rmia_beats_lira_with_three_references(rng):
    """Zarifzadeh et al.'s claim on records of very different hardness; 500 games of 4 trials, one at a time.

    The difference of the AUCs of 40,000 scores has a standard error below 0.005, and 0.02 is asked.
    """
    members = rng.random((500, 4, 20)) < 0.5
    margins = rng.normal(0, 2, (1, 1, 20)) + members + rng.normal(size=members.shape)
    log_probabilities = -np.logaddexp(0, -margins)
    rmia = [RMIA.calibrate(each, who) for each, who in zip(log_probabilities, members, strict=True)]
    lira = [LIRA.calibrate(each, who) for each, who in zip(margins, members, strict=True)]
    aucs = [roc_auc_score(members.ravel(), np.ravel(scores)) for scores in (rmia, lira)]
    assert aucs[0] > aucs[1] + 0.02
