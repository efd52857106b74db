import numpy as np
import pytest
from typer.testing import CliRunner

from analysis.cli import app


def invoke(*arguments):
    return CliRunner().invoke(app, ["audit-scores", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def saved(tmp_path, rng):
    member = rng.random(300) < 0.5
    np.savez(tmp_path / "scores.npz", member=member, lira=2 * member + rng.normal(size=300))
    return tmp_path / "scores.npz"


def test_an_audit_of_scores_ends_with_its_tables_and_the_path_of_the_report(saved, tmp_path):
    result = invoke(saved, "--design", "one-run", "--delta", "0", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "not resolvable with n = " in result.stdout
    assert "printed for any mechanism, because" in result.stdout
    assert result.stdout.strip().splitlines()[-1] == str(tmp_path / "run" / "report.html")


def test_a_finished_run_is_shown_again_and_another_file_is_another_run(saved, tmp_path):
    first = invoke(saved, "--out", tmp_path / "run")
    again = invoke(saved, "--out", tmp_path / "run")
    assert "nothing is computed again" in again.stderr
    assert again.stdout == first.stdout
    assert "no design was declared" in first.stdout
    np.savez(saved, member=np.arange(4) < 2, lira=np.arange(4.0))
    other = invoke(saved, "--out", tmp_path / "run")
    assert (other.exit_code, other.stderr.count("\n")) == (2, 1)
    assert "not the same content of" in other.stderr


def test_a_handful_of_scores_tells_no_interval(tmp_path):
    """Two non-members below six members by chance once had an AUC of 1.000 [1.000, 1.000]."""
    np.savez(tmp_path / "few.npz", member=np.arange(39) >= 19, lira=np.arange(39.0))
    result = invoke(tmp_path / "few.npz", "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "20 scores of members and 19 of non-members are too few to tell an interval: give 20" in result.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'file'"),
        (["missing.csv"], "no file at missing.csv"),
        (["scores.pkl"], "no file at scores.pkl"),
        (["SAVED", "--design", "random"], "unknown design 'random'"),
        (["SAVED", "--signal", "loss"], "signal 'loss': "),
        (["SAVED", "--reference", "none"], "has no column 'release'"),
        (["SAVED", "--confidence", "95"], "confidence 95.0: choose"),
    ],
)
def test_what_cannot_be_audited_is_one_line_and_leaves_nothing(saved, tmp_path, arguments, message):
    given = [saved if each == "SAVED" else each for each in arguments]
    result = invoke(*given, "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert not (tmp_path / "run").exists()
