import pytest
import torch
import typer
from typer.testing import CliRunner

from analysis.cli.noise import noise

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(noise)


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    torch.save({"a.weight": torch.randn(50, 60)}, tmp_path / "model.pt")
    return tmp_path / "model.pt"


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_a_study_prints_five_lines_a_release_and_the_path_of_the_report(checkpoint, tmp_path):
    result = run(checkpoint, "--release", "fedsz:rel=1e-2", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.strip().splitlines() if not line.startswith(4 * " ")]
    assert lines[-1] == str(tmp_path / "run" / "report.html")
    start = lines.index("fedsz:rel=1e-2")
    assert lines[start + 1].startswith("  guaranteed: nothing, epsilon = ∞")
    assert [line.split(":")[0].strip() for line in lines[start + 2 : start + 6]] == [
        "as if",
        "measured",
        "distribution",
        "dependence",
    ]
    assert lines[start + 6 : start + 8] == ["", "Conclusion"]
    assert lines[start + 8].startswith("  fedsz:rel=1e-2: no guarantee; an observer who knows both")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.pt"], "no file at nowhere.pt"),
        (["CHECKPOINT", "--before", "nowhere.pt"], "no file at nowhere.pt"),
        (["CHECKPOINT", "--release", "zip"], "unknown release 'zip'"),
        (["CHECKPOINT", "--release", "fedsz:rel=-1"], "choose a positive number"),
        (["CHECKPOINT", "--release", "none"], "changes no tensor"),
        (["CHECKPOINT", "--seed", "-1"], "seed -1"),
    ],
)
def test_bad_input_ends_with_one_line_and_leaves_nothing(checkpoint, tmp_path, arguments, message):
    given = [checkpoint if argument == "CHECKPOINT" else argument for argument in arguments]
    result = run(*given, "--out", tmp_path / "run")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert not (tmp_path / "run").exists()


def test_an_interrupt_ends_with_one_line(checkpoint, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.studies.noise.run.study_checkpoint", interrupt)
    result = run(checkpoint, "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert not (tmp_path / "run").exists()
