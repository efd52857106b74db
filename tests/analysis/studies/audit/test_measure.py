"""What an audit measures of each group of candidates, and what it proves of one record."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from analysis import AuditSpec, run_audit
from analysis.methods.leakage.resampling import SAMPLE, resample_weights
from analysis.reporting.progress import silent
from analysis.studies.audit.measure import RECORDS, VULNERABLE, bound_epsilon, groups_of, measure, scores_of
from attacks import Trials

pytestmark = pytest.mark.slow

SPEC = AuditSpec(
    defences=("none", "dpsgd:eps=1"),
    signals=("loss", "lira"),
    trials=24,
    candidates=30,
    canaries=("mislabelled:6", "duplicated:6", "mislabelled:2"),
    clients=3,
    client_records=60,
    rounds=3,
    epochs=8,
    batch_size=10,
    learning_rate=0.2,
    seed=1,
)
COLUMNS = {RECORDS: range(30), "mislabelled": [*range(30, 36), 42, 43], "duplicated": range(36, 42)}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A real audit with canaries, one kind of them asked for twice."""
    return run_audit(SPEC, tmp_path_factory.mktemp("runs") / "run")[0]


def drawn(spec, rng, **leaks):
    """Return trials in which each signal reads membership off the columns, and off the trials, that it is given."""
    membership = rng.random((spec.trials, len(spec.repeats))) < 0.5
    observed = {}
    for signal, (rows, columns) in leaks.items():
        read = rng.normal(size=membership.shape)
        read[rows, columns] += 9 * membership[rows, columns]
        observed[signal] = read[:, None, None]
    ones = np.ones((spec.trials, 1))
    return Trials(membership, observed, ones, ones)


def test_candidates_of_one_kind_are_one_group_and_every_candidate_is_in_one(rng):
    membership = rng.random((SPEC.trials, 44)) < 0.5
    groups = groups_of(SPEC, rng.normal(size=membership.shape), membership, resample_weights(SPEC.trials, 44, rng))
    assert list(groups) == [RECORDS, VULNERABLE, "mislabelled", "duplicated"]
    exposed = groups.pop(VULNERABLE)
    assert (sum(group.mask.astype(int) for group in groups.values()) == 1).all()
    for kind, columns in COLUMNS.items():
        assert (np.flatnonzero(groups[kind].mask.all(axis=0)) == columns).all()
    assert exposed.membership.shape == (SPEC.trials, SPEC.candidates)
    places, _ = exposed.drawn[SAMPLE]
    assert (np.bincount(places // SPEC.candidates) == 5).all()


def test_the_most_vulnerable_are_ordinary_records_that_leak_in_the_undefended_release(rng):
    """Canaries and the second release leak everything; of the records, five do in the first, by the first signal."""
    spec = replace(SPEC, defences=("none", "fedsz:rel=1e-2"))
    trials = drawn(spec, rng, loss=(slice(None), [3, 7, 8, 20, 29, *range(30, 44)]), lira=(slice(None), range(44)))
    observed = {name: np.concatenate([read, trials.observed["lira"]], axis=1) for name, read in trials.observed.items()}
    trials = replace(trials, observed=observed)
    found = measure(spec, trials, scores_of(trials, spec.defences, spec.get_signals()), silent)
    assert found[VULNERABLE]["none"]["loss"].auc.value > 0.999
    assert found[RECORDS]["none"]["loss"].auc.value < 0.7


def test_each_group_has_the_statistics_of_its_own_scores(report):
    """The second implementation is scikit-learn's."""
    membership = report.trials.membership
    for name, verdict in report.verdicts.items():
        assert list(verdict.groups) == [RECORDS, VULNERABLE, "mislabelled", "duplicated"]
        for kind, columns in COLUMNS.items():
            members = membership[:, columns].ravel()
            for signal, found in verdict.groups[kind].items():
                scores = report.scores[name][signal][:, columns].ravel()
                fpr, tpr, _ = roc_curve(members, scores, drop_intermediate=False)
                assert found.auc.value == pytest.approx(roc_auc_score(members, scores))
                assert found.advantage.value == pytest.approx((tpr - fpr).max())
                assert found.non_members == (~members).sum()
                assert set(found.tpr_at_fpr) == {rate for rate in (0.1, 0.01) if found.non_members * rate >= 10}
                for rate, estimate in found.tpr_at_fpr.items():
                    assert estimate.value == pytest.approx(tpr[fpr <= rate].max())


def test_differences_are_to_the_undefended_release_of_the_same_group(report):
    for kind in (RECORDS, VULNERABLE, "mislabelled", "duplicated"):
        for signal in SPEC.signals:
            none, private = (verdict.groups[kind][signal] for verdict in report.verdicts.values())
            same = none.auc_difference
            assert (same.value, same.low, same.high, same.detectable) == (0, 0, 0, 0)
            assert private.auc_difference.value == pytest.approx(private.auc.value - none.auc.value)


def test_canaries_leak_more_than_the_average_record(report):
    """On a fixed seed; the margins are half of what was found, in a model that learns its records by heart."""
    found = {kind: by_signal["lira"].auc.value for kind, by_signal in report.verdicts["none"].groups.items()}
    assert found["mislabelled"] > found[RECORDS] + 0.04
    assert found["duplicated"] > found["mislabelled"] + 0.04
    assert found[VULNERABLE] > found[RECORDS] + 0.06


def test_dp_sgd_takes_most_of_every_groups_leakage_away(report):
    """On a fixed seed: what is left of AUC - 1/2 is half at most."""
    for kind in (RECORDS, VULNERABLE, "mislabelled", "duplicated"):
        none, private = (verdict.groups[kind]["lira"].auc.value for verdict in report.verdicts.values())
        assert private - 0.5 < 0.5 * (none - 0.5)


def test_what_is_proved_of_a_private_defence_contradicts_no_guarantee(report):
    """Of twenty seeds one may fail."""
    private = report.verdicts["dpsgd:eps=1"]
    assert private.guarantee.epsilon == pytest.approx(1, rel=0.03)
    assert 0 <= private.epsilon_lower_bound.epsilon < 1 < report.verdicts["none"].epsilon_lower_bound.epsilon


@pytest.mark.parametrize(("canaries", "least", "most"), [("duplicated:20", 0.0, 0.5), ("mislabelled:20", 2.0, 9.0)])
def test_nothing_is_proved_of_one_record_by_those_that_are_in_the_data_many_times(canaries, least, most):
    """The canaries alone leak; records that are drawn by coins prove 0.5 once in twenty seeds at most."""
    spec = replace(SPEC, defences=("none",), signals=("loss",), canaries=(canaries,))
    trials = drawn(spec, np.random.default_rng(2), loss=(slice(None), range(30, 50)))
    assert least <= bound_epsilon(spec, trials, spec.get_signals())["none"].epsilon <= most


def test_the_same_scores_prove_the_same_of_every_defence():
    spec = replace(SPEC, defences=("none", "int8", "bf16"), signals=("loss",))
    trials = drawn(spec, np.random.default_rng(3), loss=(slice(None), range(len(spec.repeats))))
    observed = {name: np.repeat(array[:, :1], 3, axis=1) for name, array in trials.observed.items()}
    found = bound_epsilon(spec, replace(trials, observed=observed), spec.get_signals())
    assert found["none"].epsilon > 0
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_signal_is_chosen_without_a_look_at_the_audited_half(monkeypatch, seed):
    spec = replace(SPEC, defences=("none",), signals=("loss", "cosine"))
    half, everyone, rng = spec.trials // 2, range(len(spec.repeats)), np.random.default_rng(seed)
    monkeypatch.setattr(sys.modules["analysis.studies.audit.measure"], "epsilon_bound", lambda signal, *_: signal.name)

    def chosen(trials, told_wrong):
        membership = trials.membership.copy()
        membership[told_wrong] = ~membership[told_wrong]
        return bound_epsilon(spec, replace(trials, membership=membership), spec.get_signals())["none"]

    shadows, audited = slice(half), slice(half, None)
    for strong, weak in (("loss", "cosine"), ("cosine", "loss")):
        trials = drawn(spec, rng, **{strong: (shadows, everyone), weak: (audited, everyone)})
        assert chosen(trials, slice(0)) == chosen(trials, audited) == strong
        assert chosen(trials, shadows) == weak
