"""Gradient canaries against the guarantee of each defence of an audit."""

from dataclasses import replace

import pytest

from analysis import AuditSpec, run_audit
from attacks.canaries.play import CanaryPlayer

SPEC = AuditSpec(
    defences=("none", "fedsz:rel=9e-1", "dpsgd:eps=4", "dpsgd:eps=4+fedsz:rel=1e-2"),
    gradient_canaries=100,
    trials=12,
    candidates=40,
    clients=2,
    client_records=40,
    rounds=1,
    epochs=2,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return run_audit(SPEC, tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def bounds(run):
    return {name: verdict.canary_epsilon_lower_bound for name, verdict in run[0].verdicts.items()}


def test_every_release_has_a_bound(bounds):
    assert list(bounds) == list(SPEC.defences)
    assert {bound.delta for bound in bounds.values()} == {1e-5}


@pytest.mark.parametrize("name", SPEC.defences[2:])
def test_what_is_proved_of_dp_sgd_is_below_its_guarantee(bounds, name):
    """Of twenty seeds one may fail; under plain training, which promises nothing, the same canaries prove more."""
    assert bounds[name].epsilon < 4 < bounds["none"].epsilon


def test_canaries_are_read_off_what_each_release_lets_through(bounds):
    """A bound of nine tenths of the range leaves one value of almost every weight."""
    assert bounds["fedsz:rel=9e-1"].epsilon < 0.5 * bounds["none"].epsilon


def test_canary_trials_are_kept_and_not_played_again(run, bounds, monkeypatch):
    report, folder = run
    kept = sorted((folder.path / "canary_trials").iterdir())
    assert len(kept) == SPEC.trials
    stamps = [path.stat().st_mtime_ns for path in kept]
    monkeypatch.setattr(CanaryPlayer, "play", lambda *_: pytest.fail("canaries were played again"))
    again, _ = run_audit(SPEC, folder.path)
    assert {name: verdict.canary_epsilon_lower_bound for name, verdict in again.verdicts.items()} == bounds
    assert [path.stat().st_mtime_ns for path in kept] == stamps
    assert report.trials.membership.tolist() == again.trials.membership.tolist()


def test_nothing_is_played_where_nothing_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(CanaryPlayer, "play", lambda *_: pytest.fail("canaries were played"))
    report, folder = run_audit(replace(SPEC, defences=("none",), gradient_canaries=0), tmp_path / "run")
    assert report.verdicts["none"].canary_epsilon_lower_bound is None
    assert not (folder.path / "canary_trials").exists()
