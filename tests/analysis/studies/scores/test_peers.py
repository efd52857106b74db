"""Our figures beside the peers' own, on the same scores, read from files in the peers' own layouts.

None of the three is needed for anything else. They bring more than they are asked for here, and none of that is
imported: ``pip install --no-deps jax_privacy privacyguard-platform Privacy-Meter``. LeakPro is not on PyPI.
"""

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.spatial import ConvexHull
from sklearn.metrics import auc, roc_curve

from analysis.methods.lower_bounds import (
    clopper_pearson_bound,
    count_errors,
    count_guesses,
    one_run_bound,
    one_run_gaussian_bound,
)
from analysis.studies.scores.readers import read_columns
from analysis.studies.scores.run import measure
from analysis.studies.scores.table import ScoreTable, to_table

DELTA, THRESHOLD = 1e-5, 1.5


@pytest.fixture(scope="module")
def inside():
    return np.random.default_rng(0).normal(1.5, 1, 1200)


@pytest.fixture(scope="module")
def outside():
    return np.random.default_rng(1).normal(0, 1, 1100)


def read(path) -> ScoreTable:
    return to_table(read_columns(path), str(path), (), (), "")


def measured(table):
    (found,) = measure(table, 0)["scores"].values()
    return found


@pytest.fixture(scope="module")
def auditing():
    """Return jax-privacy's module of audits, which needs no jax, without its package, which does."""
    package = find_spec("jax_privacy")
    if package is None or not package.submodule_search_locations:
        pytest.skip("jax_privacy is not installed: pip install --no-deps jax_privacy")
    spec = spec_from_file_location("_jax_privacy_auditing", Path(package.submodule_search_locations[0]) / "auditing.py")
    sys.modules[spec.name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def canaries(inside, outside, tmp_path_factory):
    path = tmp_path_factory.mktemp("jax") / "canaries.npz"
    np.savez(path, in_canary_scores=inside, out_canary_scores=outside)
    return read(path)


def test_jax_privacys_roc_is_the_concave_hull_of_ours(auditing, inside, outside, canaries):
    """jax-privacy also allows thresholds that are drawn at random, which reach every point below the hull."""
    peer, found = auditing.CanaryScoreAuditor(inside, outside), measured(canaries)
    fpr, tpr, _ = roc_curve(canaries.member, canaries.scores["scores"]["score"], drop_intermediate=False)
    points = np.column_stack([np.append(fpr, 1), np.append(tpr, 0)])
    hull = ConvexHull(points)
    assert found.auc.value == pytest.approx(auc(fpr, tpr), abs=1e-12)
    assert float(peer.attack_auroc()) == pytest.approx(hull.volume, abs=1e-9)
    above = points[np.sort(hull.vertices)][:-1]
    for rate, estimate in found.tpr_at_fpr.items():
        assert float(peer.tpr_at_given_fpr(rate)) == pytest.approx(np.interp(rate, *above.T), abs=1e-9)
        assert estimate.value == pytest.approx(tpr[fpr <= rate].max(), abs=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(one_run_bound, "epsilon_one_run"), (one_run_gaussian_bound, "epsilon_one_run_fdp")]
)
def test_jax_privacys_bounds_of_one_run_are_ours(auditing, inside, outside, canaries, rng, ours, theirs):
    peer = getattr(auditing.CanaryScoreAuditor(inside, outside), theirs)
    scores = canaries.scores["scores"]["score"]
    guesses = count_guesses(scores, canaries.member, int((scores >= THRESHOLD).sum()), 0, rng)
    expected = peer(0.05, DELTA, threshold_strategy=auditing.Explicit(THRESHOLD))
    assert ours([guesses], DELTA, 0.95).epsilon == pytest.approx(expected, abs=1e-4)


def test_jax_privacys_clopper_pearson_bound_is_ours(auditing, inside, outside, canaries):
    counts = count_errors(canaries.scores["scores"]["score"], canaries.member, THRESHOLD)
    strategy = auditing.Explicit(THRESHOLD)
    expected = auditing.CanaryScoreAuditor(inside, outside).epsilon_clopper_pearson(
        0.05, DELTA, one_sided=False, threshold_strategy=strategy
    )
    assert clopper_pearson_bound(counts, DELTA, 0.95).epsilon == pytest.approx(float(expected), abs=1e-9)


def test_privacyguards_figures_are_ours(inside, outside, tmp_path):
    results = pytest.importorskip(
        "privacy_guard.analysis.mia.mia_results", reason="privacyguard-platform is not installed"
    )
    inputs = pytest.importorskip("privacy_guard.analysis.base_analysis_input")
    frames = [pd.DataFrame({"user_id": range(len(each)), "score": each}) for each in (inside, outside)]
    given = inputs.BaseAnalysisInput(*frames)
    both = [given.df_train_user.assign(member=True), given.df_test_user.assign(member=False)]
    pd.concat(both).to_parquet(tmp_path / "guard.parquet", index=False)
    table = read(tmp_path / "guard.parquet")
    assert table.layout == "PrivacyGuard"
    peer, found = results.MIAResults(torch.from_numpy(inside), torch.from_numpy(outside)), measured(table)
    assert found.auc.value == pytest.approx(peer.compute_acc_auc_epsilon(DELTA)[1], abs=1e-12)
    tpr, fpr = peer.get_tpr_fpr()
    for rate, estimate in found.tpr_at_fpr.items():
        # scikit-learn leaves out thresholds between which the curve is straight.
        assert estimate.value == pytest.approx(tpr[fpr <= rate].max(), abs=2 / len(inside))
    thresholds = np.unique(np.concatenate([inside, outside]))
    ours = max(
        clopper_pearson_bound(each, DELTA, 0.95).epsilon
        for each in count_errors(table.scores["scores"]["score"], table.member, thresholds).apart()
    )
    # PrivacyGuard takes the best of all thresholds without a correction, so it is compared threshold by threshold.
    assert ours == pytest.approx(peer.compute_acc_auc_ci_epsilon(DELTA)[2], abs=1e-6)


def test_privacy_meters_figures_are_ours(inside, outside, tmp_path):
    results = pytest.importorskip("privacy_meter.metric_result", reason="Privacy-Meter is not installed")
    scores = np.concatenate([inside, outside])
    member = np.arange(len(scores)) < len(inside)
    np.savez(tmp_path / "attack_result_0.npz", scores=scores, memberships=member, auc=0.5, fpr=np.zeros(3))
    table = read(tmp_path / "attack_result_0.npz")
    peer, found = results.MetricResult("loss", scores >= THRESHOLD, member, predictions_proba=scores), measured(table)
    assert found.auc.value == pytest.approx(peer.roc_auc, abs=1e-12)
    fpr, tpr, _ = peer.roc
    for rate, estimate in found.tpr_at_fpr.items():
        assert estimate.value == pytest.approx(tpr[fpr <= rate].max(), abs=2 / len(inside))
    counts = count_errors(table.scores["scores"]["scores"], table.member, THRESHOLD)
    assert (counts.false_positives[0], counts.false_negatives[0]) == (peer.fp, peer.fn)


def test_leakpros_figures_are_ours(inside, outside, tmp_path):
    """LeakPro's own class writes the file that is read: its code must be on the path, for PyPI does not have it."""
    results = pytest.importorskip("leakpro.reporting.mia_result", reason="LeakPro is not on PyPI")
    member = np.arange(len(inside) + len(outside)) < len(inside)
    peer = results.MIAResult.from_full_scores(member.astype(int), np.concatenate([inside, outside]), "rmia")
    peer.create_roc_plot = peer.create_signal_histogram = lambda *_, **__: None
    attack = type("Attack", (), {"attack_id": "rmia"})()
    peer.save(attack, str(tmp_path))
    table = read(tmp_path / "data_objects" / "rmia.json")
    found = measured(table)
    # LeakPro's curve begins at its first threshold and not at the origin.
    assert found.auc.value == pytest.approx(peer.roc_auc, abs=1e-3)
    assert found.tpr_at_fpr[0.1].value == pytest.approx(peer.fixed_fpr_table["TPR@10%FPR"], abs=1e-12)
    assert found.tpr_at_fpr[0.01].value == pytest.approx(peer.fixed_fpr_table["TPR@1%FPR"], abs=1e-12)
