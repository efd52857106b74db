"""The evaluation's federations, on a model and data of seconds: stopped, gone on with, and told as they have come."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from analysis.studies.federation.run import run_federation
from fedsz_privacy.federation.payload import Payload


@pytest.fixture
def evaluation(monkeypatch):
    """Return the modules of the evaluation, with a plan of one small model and data set."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import evaluation
    import evaluation_kept
    import evaluation_plan
    import evaluation_table

    monkeypatch.setattr(evaluation_plan, "MODELS", {"mlp": evaluation_plan.Steps(8, 0.05, 8)})
    monkeypatch.setattr(evaluation_plan, "DATA", {"digits": evaluation_plan.Length(64, 50, 2, 8)})
    monkeypatch.setattr(evaluation_plan, "SEEDED", "none")
    yield evaluation, evaluation_plan, evaluation_table, evaluation_kept
    for name in [each for each in sys.modules if each.startswith("evaluation")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.slow
def test_federations_that_are_finished_are_those_of_federate_and_told_with_what_is_missing(evaluation, tmp_path):
    script, plan, table, kept = evaluation
    states = plan.Run("mlp", "digits", Payload.STATE, 0)
    results = tmp_path / "results.csv"
    for cell in (states.plain, states.under("1e-2")):
        kept.add_result(cell, kept.Result.of(script.play(cell, Path(), tmp_path)), results)
    report, _ = run_federation(states.under("1e-2").question(Path()), tmp_path / "run")
    _, bounded = report.spec.defences
    read = kept.read_results(results)
    # Four digits are written of an accuracy.
    assert read[states.plain].accuracy == pytest.approx(report.rounds["none"][-1].performance, abs=6e-5)
    assert read[states.under("1e-2")].accuracy == pytest.approx(report.rounds[bounded][-1].performance, abs=6e-5)
    ratio = report.ratio(bounded)

    begun = states.under("1e-4")
    script.play(begun, Path(), tmp_path)
    updates, states = table.find(tmp_path, read)
    cells = dict(zip(table.COLUMNS, table.line(states, {"mlp-8": 36.0}), strict=True))
    assert cells["REL 1e-2"] == f"{ratio:.2f}x, {100 * report.change(bounded):+.2f}"
    assert cells["accuracy `none`"] == f"{report.rounds['none'][-1].performance:.3f}"
    # 64 records and 2 rounds at 36 seconds a record; six federations are missing, all rounds of one of them played.
    assert cells["REL 1e-3"] == "(1.3 h)"
    assert cells["REL 1e-4"] == "(2 of 2 rounds; 0.0 h)"
    assert table.line(updates, {"mlp-8": 36.0})[3] == cells["accuracy `none`"]
    assert table.hours_left([states, updates], {"mlp-8": 36.0}) == pytest.approx(1.28 * 6)


@pytest.mark.slow
def test_a_federation_that_was_stopped_goes_on_after_its_last_whole_round(evaluation, tmp_path, monkeypatch):
    script, plan, _, kept = evaluation
    cell = plan.Run("mlp", "digits", Payload.UPDATE, 0).under("1e-2")

    def stop(line: str) -> None:
        if f"{cell.name} round 1/2" in line:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(script, "say", stop)
        with pytest.raises(KeyboardInterrupt):
            script.play(cell, Path(), tmp_path)
    (first,) = kept.kept_rounds(tmp_path, cell)
    assert script.play(cell, Path(), tmp_path)[0] == first
    assert len(kept.kept_rounds(tmp_path, cell)) == 2


@pytest.mark.slow
def test_without_a_defence_updates_and_states_have_the_same_rounds(evaluation, tmp_path):
    script, plan, _, kept = evaluation
    updates = plan.Run("mlp", "digits", Payload.UPDATE, 0).plain
    states = plan.Cell(plan.Run("mlp", "digits", Payload.STATE, 0), None)
    for cell in (updates, states):
        script.play(cell, Path(), tmp_path)
    one, other = (load_file(kept.rounds_path(tmp_path, cell)) for cell in (updates, states))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_results_come_back_as_they_were_written(evaluation, tmp_path):
    _, plan, _, kept = evaluation
    run = plan.Run("mlp", "digits", Payload.STATE, 0)
    written = {run.plain: kept.Result(0.9, 1000, 0), run.under("1e-2"): kept.Result(0.8, 100, 0.25)}
    for cell, result in written.items():
        kept.add_result(cell, result, tmp_path / "results.csv")
    assert kept.read_results(tmp_path / "results.csv") == written
    assert kept.read_results(tmp_path / "none.csv") == {}


def test_cheap_federations_of_the_papers_own_bound_come_first(evaluation):
    _, plan, _, _ = evaluation
    cells = plan.cells({"mlp-8": 1.0})
    updates, states = (plan.Run("mlp", "digits", payload, 0) for payload in Payload)
    assert cells[:3] == [updates.plain, updates.under("1e-2"), states.under("1e-2")]
    assert [cell.bound for cell in cells[3:]] == [bound for bound in plan.BOUNDS[1:] for _ in Payload]
