"""Gradient canaries against the guarantee of each defence of an audit."""

from dataclasses import replace

import pytest

from analysis import AuditSpec, run_audit
from attacks.canaries.gradients import ALONE, AMONG_RECORDS
from attacks.canaries.play import CanaryPlayer

pytestmark = pytest.mark.usefixtures("undrawn")

SPEC = AuditSpec(
    defences=("none", "fedsz:rel=9e-1", "dpsgd:eps=4", "dpsgd:eps=4+fedsz:rel=1e-2"),
    gradient_canaries=100,
    trials=12,
    candidates=40,
    clients=2,
    client_records=40,
    rounds=1,
    epochs=2,
    seed=1,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_audit(SPEC, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def bounds(run):
    return {name: verdict.canary_bounds for name, verdict in run[0].verdicts.items()}


def any_mechanism(bounds, name, canaries):
    (found,) = [each for each in bounds[name] if each.canaries == canaries.name and "any mechanism" in each.rejects]
    return found


@pytest.mark.slow
def test_every_defence_has_bounds_by_each_design_and_null(bounds):
    assert list(bounds) == list(SPEC.defences)
    assert [len(each) for each in bounds.values()] == [2, 2, 4, 4]
    for each in bounds.values():
        assert {bound.bound.delta for bound in each} == {1e-5}
        assert {bound.bound.confidence for bound in each} == {0.95}
        assert each[0].canaries == ALONE.name
    exact = {name: [bound.exact for bound in each] for name, each in bounds.items()}
    assert exact["none"] == exact["fedsz:rel=9e-1"] == [True, True]
    # The family's bounds stand beside those for any mechanism, which hold however coins depend on each other.
    assert exact["dpsgd:eps=4"] == [True, True, False, True]
    assert exact["dpsgd:eps=4+fedsz:rel=1e-2"] == [False, True, False, True]
    family, *_ = bounds["dpsgd:eps=4"]
    assert family.rejects.startswith("4 steps of Gaussian noise at sampling rate 0.5")
    assert family.coins == any_mechanism(bounds, "dpsgd:eps=4", ALONE).coins == SPEC.trials * SPEC.gradient_canaries


@pytest.mark.slow
@pytest.mark.parametrize("name", SPEC.defences[2:])
def test_what_is_proved_of_dp_sgd_is_below_its_guarantee_and_its_ceiling(bounds, name):
    """Of twenty seeds one may fail; under plain training, which promises nothing, the same canaries prove more."""
    for each in bounds[name]:
        assert each.bound.epsilon < min(4, each.ceiling)
    assert bounds[name][0].bound.epsilon > 1
    proved = any_mechanism(bounds, name, AMONG_RECORDS).bound.epsilon
    assert proved < any_mechanism(bounds, "none", AMONG_RECORDS).bound.epsilon


@pytest.mark.slow
def test_canaries_are_read_off_what_each_release_lets_through(bounds):
    """A bound of nine tenths of the range leaves one value of almost every weight."""
    coarse, none = (any_mechanism(bounds, name, AMONG_RECORDS) for name in ("fedsz:rel=9e-1", "none"))
    assert coarse.bound.epsilon < 0.5 * none.bound.epsilon


@pytest.mark.slow
def test_an_adversary_of_every_step_proves_more_of_the_same_training(tmp_path):
    spec = replace(SPEC, adversary="every-step", signals=("loss",), trials=8, defences=("dpsgd:eps=4",))
    report, _ = run_audit(spec, tmp_path / "run")
    first, *_ = report.verdicts["dpsgd:eps=4"].canary_bounds
    assert first.view == pytest.approx(4, abs=0.01)
    assert first.bound.epsilon > 0.6 * 4
    assert first.bound.epsilon < 4.5


@pytest.mark.slow
def test_canary_trials_are_kept_and_not_played_again(run, bounds, monkeypatch):
    report, folder = run
    kept = sorted((folder.path / "canary_trials").iterdir())
    assert len(kept) == SPEC.trials
    stamps = [path.stat().st_mtime_ns for path in kept]
    monkeypatch.setattr(CanaryPlayer, "play", lambda *_: pytest.fail("canaries were played again"))
    again, _ = run_audit(SPEC, folder.path)
    assert {name: verdict.canary_bounds for name, verdict in again.verdicts.items()} == bounds
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    assert report.trials.membership.tolist() == again.trials.membership.tolist()


def test_nothing_is_played_where_nothing_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(CanaryPlayer, "play", lambda *_: pytest.fail("canaries were played"))
    report, folder = run_audit(replace(SPEC, defences=("none",), gradient_canaries=0), tmp_path / "run")
    assert report.verdicts["none"].canary_bounds == ()
    assert not (folder.path / "canary_trials").exists()
