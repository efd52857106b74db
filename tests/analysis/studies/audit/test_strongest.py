"""The strongest signal is chosen on other trials than those that measure it."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from analysis import AuditSpec
from analysis.studies.audit.strongest import Strongest, choose_strongest
from attacks import Signal, Trials

SPEC = AuditSpec(defences=("none",), trials=24, candidates=30)


def trials_of(membership, **read):
    observed = {name: each[:, None, None] for name, each in read.items()}
    ones = np.ones((len(membership), 1))
    return Trials(membership, observed, ones, ones)


def signals_of(names):
    return [Signal(name, lambda view: view) for name in names]


def test_each_half_is_measured_by_what_the_other_half_finds_strongest(rng):
    members, even = rng.random((24, 30)) < 0.5, np.arange(24)[:, None] % 2 == 0
    noise = rng.normal(size=(2, 24, 30))
    read = {"a": noise[0] + 3 * members * even, "b": noise[1] + 3 * members * ~even}
    chosen = choose_strongest(SPEC, trials_of(members, **read), signals_of("ab"))
    assert chosen == Strongest(even="b", odd="a")
    assert chosen.name == "b or a"


@pytest.mark.parametrize("seed", range(5))
def test_the_choice_for_a_half_does_not_depend_on_its_members(seed):
    rng = np.random.default_rng(seed)
    members = rng.random((24, 30)) < 0.5
    read = {name: rng.normal(size=members.shape) + members for name in "abc"}
    told_wrong = members.copy()
    told_wrong[::2] ^= True
    chosen, again = (
        choose_strongest(SPEC, trials_of(each, **read), signals_of("abc")) for each in (members, told_wrong)
    )
    assert chosen.even == again.even


def test_canaries_have_no_say(rng):
    spec = AuditSpec(defences=("none",), trials=24, candidates=30, canaries=("outlier:30",))
    members = rng.random((24, 60)) < 0.5
    ordinary = np.arange(60) < 30
    read = {"a": rng.normal(size=members.shape) + members * ordinary, "b": members * ~ordinary + 0.0}
    assert choose_strongest(spec, trials_of(members, **read), signals_of("ab")).name == "a"


def test_the_scores_of_one_signal_are_its_own_and_of_two_their_ranks_in_each_half(rng):
    a, b = rng.normal(size=(2, 6, 5))
    assert (Strongest("a", "a").scores({"a": a, "b": b}) == a).all()
    both = Strongest("a", "b").scores({"a": a, "b": 100 + b})
    for half, source in ((slice(0, None, 2), a), (slice(1, None, 2), b)):
        assert (np.argsort(both[half], axis=None) == np.argsort(source[half], axis=None)).all()
        assert np.sort(both[half], axis=None) == pytest.approx(np.arange(1, 16) / 15)


@pytest.mark.slow
def test_the_best_of_equal_signals_seems_no_better_than_it_is():
    """Mean AUC over 100 games of 15 equal signals, within 3.3 standard errors (probability 1e-3), as no maximum is."""
    truth, chosen, best = norm.cdf(0.3 / 2**0.5), [], []
    names = [f"signal{number}" for number in range(15)]
    for seed in range(100):
        rng = np.random.default_rng(seed)
        members = rng.random((24, 30)) < 0.5
        read = {name: rng.normal(size=members.shape) + 0.3 * members for name in names}
        scores = choose_strongest(SPEC, trials_of(members, **read), signals_of(names)).scores(read)
        chosen.append(roc_auc_score(members.ravel(), scores.ravel()))
        best.append(max(roc_auc_score(members.ravel(), each.ravel()) for each in read.values()))
    error = 3.3 * np.std(chosen) / 100**0.5
    assert abs(np.mean(chosen) - truth) < error < np.mean(best) - truth
