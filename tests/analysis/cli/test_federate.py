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
    assert result.stdout.strip().splitlines()[-1] == str(tmp_path / "run" / "report.md")
    assert "fedsz:rel=1e-2" in result.stdout


def test_bad_input_is_one_line(tmp_path):
    result = CliRunner().invoke(app, ["federate", "--partition", "odd", "--out", str(tmp_path / "run")])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
