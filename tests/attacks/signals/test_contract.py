"""What every signal must do."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from attacks import SIGNALS, View

EACH = pytest.mark.parametrize("column", range(len(SIGNALS)), ids=[signal.name for signal in SIGNALS])


def scores_of(trials, column, release=0):
    return SIGNALS[column].calibrate(trials.observed[:, release, column], trials.membership)


@EACH
def test_scores_are_finite_and_one_for_each_trial_and_candidate(trials, column):
    scores = scores_of(trials, column)
    assert scores.shape == trials.membership.shape
    assert np.isfinite(scores).all()


@EACH
def test_members_score_higher_when_the_client_overfits(trials, column):
    assert roc_auc_score(trials.membership.ravel(), scores_of(trials, column).ravel()) > 0.55


@EACH
def test_nothing_is_found_where_nothing_leaves(game, column):
    """Negative control: an update of zeros tells members from non-members by no signal."""
    zeros = {name: torch.zeros(24, *tensor.shape) for name, tensor in game.state.items()}
    membership, _ = game.draw(range(24))
    observed = SIGNALS[column].observe(View(game.knowledge, zeros))
    assert observed == pytest.approx(np.broadcast_to(observed[0], observed.shape), abs=1e-6)
    assert np.isfinite(SIGNALS[column].calibrate(observed, membership)).all()


@EACH
def test_nothing_is_found_of_another_trials_members(trials, column):
    """Negative control: scores against membership drawn anew are guesses; Mann-Whitney at error rate 1e-4."""
    scores = scores_of(trials, column)
    fresh = np.random.default_rng(7).random(scores.shape) < 0.5
    assert stats.mannwhitneyu(scores[fresh], scores[~fresh]).pvalue > 1e-4


@EACH
def test_a_trials_scores_do_not_depend_on_its_own_membership(trials, column):
    observed = trials.observed[:, 0, column]
    flipped = trials.membership.copy()
    flipped[3] = ~flipped[3]
    before = SIGNALS[column].calibrate(observed, trials.membership)
    after = SIGNALS[column].calibrate(observed, flipped)
    assert before[3] == pytest.approx(after[3])
