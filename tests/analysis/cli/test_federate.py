import pytest
from typer.testing import CliRunner

from analysis.cli import app


def test_a_federation_ends_with_its_table_and_the_path_of_the_report(tmp_path):
    arguments = [
        "--model",
        "mlp",
        "--rounds",
        "1",
        "--records",
        "100",
        "--clients",
        "2",
        "--out",
        str(tmp_path / "run"),
    ]
    result = CliRunner().invoke(app, ["federate", *arguments])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().splitlines()[-1] == str(tmp_path / "run" / "report.html")
    assert "fedsz:rel=1e-2" in result.stdout
    assert result.stdout.startswith("training in this run takes about ")


@pytest.mark.slow
def test_dp_sgd_is_a_defence_of_a_federation_with_its_guarantee_in_the_table(tmp_path):
    small = ["--model", "mlp", "--rounds", "1", "--records", "60", "--clients", "2", "--epochs", "1"]
    arguments = [*small, "--release", "dpsgd:eps=8", "--delta", "1e-6"]
    command = ["federate", *arguments, "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, command, env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.output
    assert "delta 1e-6" in result.stdout
    assert any(line.split()[:2] == ["dpsgd:eps=8", "8"] for line in result.stdout.splitlines())


def test_bad_input_is_one_line(tmp_path):
    result = CliRunner().invoke(app, ["federate", "--partition", "odd", "--out", str(tmp_path / "run")])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
