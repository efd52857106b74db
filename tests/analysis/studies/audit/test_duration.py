"""How long an audit will take, said before it starts."""

from dataclasses import replace

import pytest

from analysis.reporting.workers import Workers
from analysis.studies.audit.duration import describe_audit, estimate_seconds
from analysis.studies.audit.prepare import load, set_up
from analysis.studies.audit.spec import AuditSpec
from attacks.game.adversaries import UPDATE

SPEC = AuditSpec(defences=("none",), trials=64, candidates=100, clients=2, client_records=100, rounds=2)


def estimated(spec, workers=1):
    split, model = load(spec)
    game = set_up(spec, split, model)
    return estimate_seconds(game, spec.parse_defences(), spec.get_signals(), spec, Workers(workers))


@pytest.fixture
def clock(monkeypatch):
    """A clock by which every timed piece of work takes one second."""
    for name in ("analysis.studies.duration.timed", "analysis.studies.audit.duration.timed"):
        monkeypatch.setattr(name, lambda work: (work(), 1.0)[1])


@pytest.mark.usefixtures("clock")
def test_an_estimate_adds_up_steps_and_looks():
    """Two chunks of 32 trials, one step a batch, a look at 32 of 100 candidates and at 32 of 359 test records."""
    split, model = load(SPEC)
    game = set_up(SPEC, split, model)
    steps = game.draw(range(32))[1].shape[1]
    before = 2 * (100 / 50) * (2 * steps) / 64
    looks = 2 * (100 / 32 + 12)
    assert estimated(SPEC) == pytest.approx(before + 2 * steps + looks)
    assert estimated(SPEC, workers=2) == pytest.approx(before + (2 * steps + looks) / 2)


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (0.2, "the trials of this run take about 1 second"),
        (61, "the trials of this run take about 61 seconds"),
        (1800, "the trials of this run take about 30 minutes"),
    ],
)
def test_a_short_run_is_one_plain_line(seconds, line):
    assert describe_audit(seconds, 128) == line


@pytest.mark.usefixtures("clock")
def test_whoever_looks_once_at_all_rounds_takes_the_time_of_one_look(monkeypatch):
    spec = replace(SPEC, target_rounds=3)
    every = estimated(spec)
    monkeypatch.setattr(AuditSpec, "get_adversary", lambda _: replace(UPDATE, name="mine", looks_once=True))
    # Two chunks of trials, a look at 32 of 100 candidates.
    assert every - estimated(spec) == pytest.approx(2 * 2 * 100 / 32)


@pytest.mark.usefixtures("clock")
def test_canaries_train_once_more():
    split, model = load(SPEC)
    steps = set_up(SPEC, split, model).draw(range(32))[1].shape[1]
    assert estimated(replace(SPEC, gradient_canaries=5)) == pytest.approx(estimated(SPEC) + 2 * steps)


@pytest.mark.parametrize(
    ("hours", "fewer", "time"), [(1.5, 64, "45 minutes"), (4, 32, "1.0 hours"), (80, 16, "10.0 hours")]
)
def test_a_run_of_over_an_hour_is_told_smaller_choices(hours, fewer, time):
    line = describe_audit(hours * 3600, 128)
    assert line.startswith(f"the trials of this run take about {hours:.1f} hours: --trials {fewer} --signal rmia")
    assert f"takes about {time}" in line
    assert "--workers" in line
    assert "GPU" in line
