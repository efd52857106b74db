import subprocess
import sys

import pytest
from typer.testing import CliRunner

from fedsz_privacy.cli import app

QUICK = ["--trials", "16", "--candidates", "20", "--clients", "2", "--rounds", "1", "--epochs", "1"]


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_help_loads_no_heavy_package():
    code = (
        "import sys; from typer.testing import CliRunner; from fedsz_privacy.cli import app;"
        "assert CliRunner().invoke(app, ['audit', '--help']).exit_code == 0;"
        "print(sorted({'torch', 'opacus', 'seaborn', 'scipy', 'sklearn', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_an_audit_ends_with_its_table_and_the_path_of_the_report(tmp_path):
    result = run("audit", *QUICK, "--release", "fedsz:rel=1e-1", "--out", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    lines = result.stdout.strip().splitlines()
    assert lines[-1] == str(tmp_path / "run" / "report.html")
    assert any("fedsz:rel=1e-1" in line and "∞" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "mnist"], "unknown data set 'mnist'"),
        (["--model", "vgg"], "unknown model 'vgg': choose one of"),
        (["--release", "zip"], "unknown release 'zip': choose one of"),
        (["--release", "fedsz:rel=0"], "error bound rel=0: choose a positive number"),
        (["--release", "fedsz:rel=-1"], "error bound rel=-1: choose a positive number"),
        (["--data", "./no-such-folder"], "unknown data set './no-such-folder'"),
        (["--release", "dpsgd:eps=0"], "eps 0.0: choose a positive number"),
        (["--trials", "1"], "trials 1: choose 8 or more"),
        (["--learning-rate", "0"], "learning rate 0.0: choose a positive number"),
    ],
)
def test_bad_input_ends_with_one_line_and_leaves_nothing(tmp_path, arguments, message):
    result = run("audit", *arguments, "--out", str(tmp_path / "run"))
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_another_spec_in_the_same_folder_ends_with_one_line(tmp_path):
    assert run("audit", *QUICK, "--release", "none", "--out", str(tmp_path)).exit_code == 0
    result = run("audit", *QUICK, "--release", "none", "--seed", "5", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "holds a run with another seed" in result.stderr


def test_an_interrupt_ends_with_one_line(monkeypatch, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.audit.run_audit", interrupt)
    result = run("audit", *QUICK, "--out", str(tmp_path / "run"))
    assert result.exit_code == 130
    assert result.stderr.count("\n") == 1


def test_a_programming_error_keeps_its_traceback(monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("analysis.audit.run_audit", fail)
    assert isinstance(run("audit", *QUICK, "--out", str(tmp_path / "run")).exception, ZeroDivisionError)
