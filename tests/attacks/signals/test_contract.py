"""What every signal must do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from attacks import ALL_SIGNALS, LOSS, SIGNALS, View, get_signal
from fedsz_privacy.core.errors import InputError

EACH = pytest.mark.parametrize("signal", ALL_SIGNALS.values(), ids=list(ALL_SIGNALS))


def test_a_name_finds_its_signal():
    assert [signal.name for signal in ALL_SIGNALS.values()] == list(ALL_SIGNALS)
    assert [get_signal(signal.name) for signal in SIGNALS] == list(SIGNALS)
    with pytest.raises(InputError, match=r"unknown signal 'lyra'.*lira-offline"):
        get_signal("lyra")


def test_an_import_path_finds_a_signal_that_goes_by_it():
    found = get_signal("attacks.signals.loss:LOSS")
    assert found == replace(LOSS, name="attacks.signals.loss:LOSS")
    with pytest.raises(InputError, match="attacks:get_signal gives an object of type function: make it a Signal"):
        get_signal("attacks:get_signal")


def test_the_list_cannot_be_changed():
    with pytest.raises(TypeError):
        ALL_SIGNALS["loss"] = ALL_SIGNALS["lira"]


@EACH
def test_scores_are_finite_and_one_for_each_trial_and_candidate(observed, membership, signal):
    scores = signal.calibrate(observed[signal.name], membership)
    assert scores.shape == membership.shape
    assert np.isfinite(scores).all()


@EACH
def test_members_score_higher_when_the_client_overfits(observed, membership, signal):
    scores = signal.calibrate(observed[signal.name], membership)
    assert roc_auc_score(membership.ravel(), scores.ravel()) > 0.55


@EACH
def test_scores_of_a_heavily_compressed_update_are_finite(compressed, membership, signal):
    assert np.isfinite(signal.calibrate(signal.observe(compressed), membership)).all()


@EACH
def test_nothing_is_found_where_nothing_leaves(game, signal):
    """Negative control: an update of zeros tells members from non-members by no signal."""
    zeros = {name: torch.zeros(24, *tensor.shape) for name, tensor in game.state.items()}
    membership, _ = game.draw(range(24))
    observed = signal.observe(View(game.knowledge, zeros, (zeros, zeros)))
    assert observed == pytest.approx(np.broadcast_to(observed[0], observed.shape), abs=1e-6)
    # Of each candidate alone: candidates differ in what is known of them, and calibrations by rank split equal scores.
    scores = np.round(signal.calibrate(np.broadcast_to(observed[0], observed.shape).copy(), membership), 6)
    assert np.isfinite(scores).all()
    centred = scores - np.median(scores, axis=0)
    assert stats.mannwhitneyu(centred[membership], centred[~membership]).pvalue > 1e-4


@EACH
def test_nothing_is_found_when_calibrated_on_membership_drawn_anew(observed, signal):
    """Negative control: a calibration cannot find members that it is told wrong; Mann-Whitney at error rate 1e-4."""
    fresh = np.random.default_rng(8).random((32, 40)) < 0.5
    scores = signal.calibrate(observed[signal.name], fresh)
    assert stats.mannwhitneyu(scores[fresh], scores[~fresh]).pvalue > 1e-4


@EACH
def test_a_trials_scores_do_not_depend_on_its_own_membership(observed, membership, signal):
    flipped = membership.copy()
    flipped[3] = ~flipped[3]
    before = signal.calibrate(observed[signal.name], membership)
    after = signal.calibrate(observed[signal.name], flipped)
    assert before[3] == pytest.approx(after[3])


@EACH
def test_a_candidate_that_was_never_in_or_never_out_gets_finite_scores(observed, membership, signal):
    lopsided = membership.copy()
    lopsided[:, 0], lopsided[:, 1], lopsided[5, 0] = False, True, True
    assert np.isfinite(signal.calibrate(observed[signal.name], lopsided)).all()
