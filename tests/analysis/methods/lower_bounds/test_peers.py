"""The same counts and scores through other libraries' code, where they are installed."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.methods.lower_bounds import (
    ErrorCounts,
    Guesses,
    bayesian_bounds,
    clopper_pearson_bound,
    count_errors,
    one_run_bound,
    one_run_gaussian_bound,
)

DELTA = 1e-5


@pytest.fixture(scope="module")
def auditing():
    """jax-privacy's auditing, which needs no JAX, without the package around it, which does."""
    found = importlib.util.find_spec("jax_privacy")
    if found is None:
        pytest.skip("jax-privacy is not installed")
    spec = importlib.util.spec_from_file_location("jax_privacy_auditing", Path(found.origin).with_name("auditing.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[(300, 1.0), (3000, 2.0)], ids=str)
def scored(request):
    count, mu = request.param
    rng = np.random.default_rng(count)
    members = rng.random(count) < 0.5
    return mu * members + rng.normal(size=count), members


@pytest.mark.parametrize("threshold", [0.0, 1.0, 2.5])
def test_jax_privacy_reads_the_same_bounds_off_the_same_scores(auditing, scored, threshold):
    scores, members = scored
    peer, at = auditing.CanaryScoreAuditor(scores[members], scores[~members]), auditing.Explicit(threshold)
    counts, named = count_errors(scores, members, threshold), scores >= threshold
    assert clopper_pearson_bound(counts, DELTA, 0.95).epsilon == pytest.approx(
        peer.epsilon_clopper_pearson(0.05, DELTA, one_sided=False, threshold_strategy=at), abs=1e-6
    )
    guesses = [Guesses(int(members[named].sum()), int(named.sum()), members.size)]
    assert one_run_bound(guesses, DELTA, 0.95).epsilon == pytest.approx(
        peer.epsilon_one_run(0.05, DELTA, threshold_strategy=at), abs=1e-4
    )
    assert one_run_gaussian_bound(guesses, DELTA, 0.95).epsilon == pytest.approx(
        peer.epsilon_one_run_fdp(0.05, DELTA, threshold_strategy=at), abs=1e-3
    )


@pytest.mark.parametrize("threshold", [0.0, 1.0, 2.5])
def test_privacy_estimates_reads_the_same_bounds_off_the_same_errors(scored, threshold):
    estimates = pytest.importorskip("privacy_estimates")
    scores, members = scored
    counts = count_errors(scores, members, threshold)
    fp, fn = int(counts.false_positives[0]), int(counts.false_negatives[0])
    results = estimates.AttackResults(FN=fn, FP=fp, TN=counts.non_members - fp, TP=counts.members - fn)
    peer = estimates.compute_eps_lo(results, DELTA, 0.05, "beta")
    assert clopper_pearson_bound(counts, DELTA, 0.95).epsilon == pytest.approx(peer, abs=1e-6)


@pytest.mark.slow
def test_privacy_estimates_has_the_same_posterior():
    estimates = pytest.importorskip("privacy_estimates")
    counts = ErrorCounts(np.array([40]), 1500, np.array([900]), 1500)
    results = estimates.AttackResults(FN=900, FP=40, TN=1460, TP=600)
    joint = estimates.compute_eps_lo(results, DELTA, 0.05, "joint-beta")
    assert bayesian_bounds(counts, DELTA, 0.95).low == pytest.approx(joint, abs=0.02)
