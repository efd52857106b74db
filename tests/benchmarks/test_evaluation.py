"""The evaluation's turns, on a model and data of seconds: stopped, gone on with, and told as far as they have come."""

import sys
from pathlib import Path

import pytest

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
def test_turns_are_played_one_after_another_and_never_again(evaluation, tmp_path):
    script, plan, table, kept = evaluation
    run = plan.Run("mlp", "digits", Payload.STATE, 0)
    folder = tmp_path / run.name

    def counts() -> list[int]:
        return [len(kept.kept_rounds(folder, number)) for number in range(5)]

    script.play(plan.Turn(run, "1e-2"), Path(), tmp_path)
    assert counts() == [2, 2, 0, 0, 0]
    before = (folder / "rounds" / "1.safetensors").stat().st_mtime_ns
    script.play(plan.Turn(run, "1e-2"), Path(), tmp_path)
    script.play(plan.Turn(run, "1e-1"), Path(), tmp_path)
    assert counts() == [2, 2, 2, 0, 0]
    assert (folder / "rounds" / "1.safetensors").stat().st_mtime_ns == before
    assert not (folder / "results.json").exists()

    states, updates = next(group for group in table.find(tmp_path) if group[0].run == run), table.find(tmp_path)[0]
    cells = dict(zip(table.COLUMNS, table.line(states, {"mlp-8": 36.0}), strict=True))
    plain, bounded = kept.kept_rounds(folder, 0), kept.kept_rounds(folder, 1)
    ratio = sum(row.nbytes for row in plain) / sum(row.nbytes for row in bounded)
    change = 100 * (bounded[-1].performance - plain[-1].performance)
    assert cells["REL 1e-2"] == f"{ratio:.2f}x, {change:+.2f}"
    assert cells["accuracy `none`"] == f"{plain[-1].performance:.3f}"
    # 64 records and 2 rounds at 36 seconds a record.
    assert cells["REL 1e-4"] == "(1.3 h)"
    assert table.line(updates, {"mlp-8": 36.0})[3] == "(1.3 h)"
    assert table.hours_left([states, updates], {"mlp-8": 36.0}) == pytest.approx(1.28 * 7)

    script.play(plan.Turn(run, "1e-4"), Path(), tmp_path)
    assert counts() == [2] * 5
    assert (folder / "results.json").exists()


@pytest.mark.slow
def test_a_turn_that_was_stopped_goes_on_after_its_last_whole_round(evaluation, tmp_path, monkeypatch):
    script, plan, _, kept = evaluation
    turn = plan.Turn(plan.Run("mlp", "digits", Payload.UPDATE, 0), "1e-2")

    def stop(line: str) -> None:
        if f"{plan.release('1e-2')} round 1/2" in line:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(script, "say", stop)
        with pytest.raises(KeyboardInterrupt):
            script.play(turn, Path(), tmp_path)
    (first,) = kept.kept_rounds(tmp_path / turn.run.name, 1)
    script.play(turn, Path(), tmp_path)
    assert kept.kept_rounds(tmp_path / turn.run.name, 1)[0] == first
    assert len(kept.kept_rounds(tmp_path / turn.run.name, 1)) == 2


def test_cheap_turns_of_the_papers_own_bound_come_first(evaluation):
    _, plan, _, _ = evaluation
    turns = plan.turns({"mlp-8": 1.0})
    assert [turn.bound for turn in turns] == [bound for bound in plan.BOUNDS for _ in Payload]
    assert turns[-1].due == ("none", *map(plan.release, plan.BOUNDS))
