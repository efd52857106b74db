"""RMIA against its formula, pair by pair."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.signals.lira import LIRA
from attacks.signals.rmia import RMIA, RMIA_OFFLINE, UNTUNED_SLOPE, log_mean_of_others, tuned_slope
from attacks.signals.shadows import moments


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
    """At the a of the other half of the trials, whose attack is worked out anew."""

    def dominated(rows, slope, target, candidate):
        seen, who = probabilities[rows], ~members[rows]

        def expected(row, z):
            others = [other for other in range(len(seen)) if other != row and who[other, z]]
            outside = seen[others, z].mean() if others else seen.mean()
            return ((slope * outside + 1 - slope) + outside) / 2

        return share(seen, expected, target, candidate)

    def auc(rows, slope):
        scores = [dominated(rows, slope, *place) for place in np.ndindex(6, 6)]
        return roc_auc_score(members[rows].ravel(), scores)

    halves = slice(0, None, 2), slice(1, None, 2)
    slopes = [max(np.arange(11) / 10, key=lambda slope, rows=rows: auc(rows, slope)) for rows in halves[::-1]]
    scores = RMIA_OFFLINE.calibrate(np.log(probabilities), members)
    for target, candidate in np.ndindex(12, 6):
        expected = dominated(slice(None), slopes[target % 2], target, candidate)
        assert scores[target, candidate] == pytest.approx(expected)


@pytest.mark.parametrize("half", [0, 1])
def test_a_half_of_the_trials_does_not_tune_its_own_attack(rng, half):
    members = rng.random((40, 30)) < 0.5
    negative_losses = -np.logaddexp(0, -rng.normal(0, 2, 30) - members - rng.normal(size=members.shape))
    other = slice(1 - half, None, 2)
    slope = tuned_slope(negative_losses[other], members[other])
    outside = moments(np.exp(negative_losses), ~members).mean
    ratios = np.exp(negative_losses) / ((1 + slope) * outside + 1 - slope)
    scores = RMIA_OFFLINE.calibrate(negative_losses, members)
    assert (np.argsort(scores[half]) == np.argsort(ratios[half])).all()


@pytest.mark.slow
@pytest.mark.parametrize("gain", [0.2, 0.8])
def test_the_slope_follows_how_much_training_on_a_record_raises_its_probability(gain):
    """Members gain a share of what their probability lacks of 1, so p_in = (1 - gain) p_out + gain: a = 1 - gain.

    The AUC is flat about its best, so over 20 games a mean within 0.25 is asked.
    """
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        members = rng.random((60, 60)) < 0.5
        outside = rng.uniform(0.05, 0.9, 60) * np.exp(0.05 * rng.normal(size=members.shape))
        probabilities = np.where(members, outside + gain * (1 - outside), outside)
        found.append(tuned_slope(np.log(np.clip(probabilities, 1e-6, 1)), members))
    assert np.mean(found) == pytest.approx(1 - gain, abs=0.25)


def test_trials_without_members_tune_nothing():
    assert tuned_slope(np.zeros((3, 5)), np.zeros((3, 5), bool)) == UNTUNED_SLOPE


def test_vanishing_probabilities_are_scored(members):
    for signal in (RMIA, RMIA_OFFLINE):
        assert np.isfinite(signal.calibrate(np.full((12, 6), -2000.0), members)).all()


def test_a_loss_is_never_too_large(rng):
    """A loss that every model has more of divides out of online ratios, however large it is."""
    members = rng.random((40, 6)) < 0.5
    losses = rng.exponential(size=members.shape)
    much = 500.0 * rng.integers(1, 20, 6)
    assert RMIA.calibrate(-losses - much, members) == pytest.approx(RMIA.calibrate(-losses, members))


@pytest.mark.parametrize("signal", [RMIA, RMIA_OFFLINE], ids=lambda each: each.name)
def test_members_with_large_losses_are_found(rng, signal):
    """As of squared errors in a small unit: each record's loss, in hundreds, is a tenth lower in models that saw it."""
    members = rng.random((60, 40)) < 0.5
    losses = rng.uniform(200, 900, 40) * (1 - 0.1 * members) * np.exp(0.01 * rng.normal(size=members.shape))
    assert roc_auc_score(members.ravel(), signal.calibrate(-losses, members).ravel()) > 0.8


def test_what_others_come_to_is_their_mean(rng):
    """Where a row is by far the largest, all others still count."""
    seen, chosen = rng.random((8, 5)), rng.random((8, 5)) < 0.6
    seen[2] *= 1e30
    chosen[:, 3], chosen[0, 3] = False, True
    found = np.exp(log_mean_of_others(np.log(seen), chosen))
    for row, column in np.ndindex(8, 5):
        others = [seen[other, column] for other in range(8) if other != row and chosen[other, column]]
        assert found[row, column] == pytest.approx(np.mean(others) if others else seen.mean())


@pytest.mark.parametrize("signal", [RMIA, RMIA_OFFLINE], ids=lambda each: each.name)
@pytest.mark.parametrize("loss", [0.0, 1.276, 300.0])
def test_equal_losses_tell_nobody(rng, signal, loss):
    """Negative control: not even rounding may tell how many others were members, which coins decide."""
    coins = rng.random((24, 20)) < 0.5
    members = np.concatenate([coins, ~coins])
    scores = signal.calibrate(np.full(members.shape, -loss), members)
    assert roc_auc_score(members.ravel(), scores.ravel()) == 0.5


def test_rmia_beats_lira_with_three_references(rng):
    """Zarifzadeh et al.'s claim on records of very different hardness; 500 games of 4 trials, one at a time.

    The difference of the AUCs of 40,000 scores has a standard error below 0.005, and 0.02 is asked.
    """
    members = rng.random((500, 4, 20)) < 0.5
    margins = rng.normal(0, 2, (1, 1, 20)) + members + rng.normal(size=members.shape)
    negative_losses = -np.logaddexp(0, -margins)
    rmia = [RMIA.calibrate(each, who) for each, who in zip(negative_losses, members, strict=True)]
    lira = [LIRA.calibrate(each, who) for each, who in zip(margins, members, strict=True)]
    aucs = [roc_auc_score(members.ravel(), np.ravel(scores)) for scores in (rmia, lira)]
    assert aucs[0] > aucs[1] + 0.02
