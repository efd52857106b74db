"""An option that takes one value and is given two ends in one line, whatever the command."""

import re

import pytest
import typer
from typer.testing import CliRunner

from analysis.cli import app

COMMANDS = {"audit": [], "noise": ["model.pt"], "bench": [], "federate": []}


ALL = {name: each for name, each in typer.main.get_command(app).commands.items() if name != "account"}
ACCOUNTS = {f"account {name}": each for name, each in typer.main.get_command(app).commands["account"].commands.items()}


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("twice", [["--out", "a", "--out", "b"], ["--out=a", "--out", "a"], ["--out=a", "--out=b"]])
def test_an_option_of_one_value_is_taken_once(tmp_path, monkeypatch, command, twice):
    monkeypatch.chdir(tmp_path)
    result = run(command, *COMMANDS[command], *twice)
    assert result.exit_code == 2
    assert result.stderr == "fedsz-privacy: --out is given 2 times: give it once\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["audit", "--seed", "0", "--seed", "1"], "--seed is given 2 times"),
        (["audit", "--seed=0", "--release", "none", "--seed", "1", "--seed=0"], "--seed is given 3 times"),
        (["audit", "--fix-model", "--fix-model"], "--fix-model is given 2 times"),
        (["audit", "--resume", "a", "--resume", "b"], "--resume is given 2 times"),
        (["noise", "model.pt", "--before", "a", "--before", "b"], "--before is given 2 times"),
        (["bench", "model.pt", "--repeats", "2", "--repeats", "3"], "--repeats is given 2 times"),
        (["federate", "--rounds", "2", "--clients", "2", "--rounds", "2"], "--rounds is given 2 times"),
    ],
)
def test_the_option_is_named_wherever_it_stands(arguments, option):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr == f"fedsz-privacy: {option}: give it once\n"


def test_an_option_of_several_values_is_taken_as_often_as_it_is_given(tmp_path):
    several = ["--release", "none", "--release", "zip", "--signal", "loss", "--signal", "lira"]
    result = run("audit", *several, "--out", str(tmp_path / "run"))
    assert "unknown release 'zip'" in result.stderr
    result = run("bench", "missing.pt", "gone.pt", "--bound", "0.1", "--bound", "0.2", "--out", str(tmp_path / "run"))
    assert "no file at missing.pt" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["audit", "--sed", "1", "--sed", "2"], "No such option: --sed"),
        (["audit", "--trials", "8.5"], "--trials 8.5: "),
        (["audit", "--learning-rate", "fast"], "--learning-rate fast: "),
        (["audit", "--seed"], "Option '--seed' requires an argument"),
        (["audit", "digits"], "unexpected extra argument"),
        (["noise"], "Missing argument"),
        (["fly"], "No such command 'fly'"),
        (["--fast"], "No such option: --fast"),
    ],
)
def test_what_cannot_be_parsed_is_told_in_one_line(arguments, line):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("fedsz-privacy: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


def test_no_command_at_all_shows_the_help():
    assert "Usage:" in run().output


def test_code_of_a_user_that_leaves_is_no_success(tmp_path, monkeypatch):
    (tmp_path / "leaving.py").write_text("import sys\n\n\ndef train(model, records, generator):\n    sys.exit(0)\n")
    monkeypatch.chdir(tmp_path)
    result = run("audit", "--training", "leaving:train")
    assert result.exit_code == 2
    assert result.stderr == "fedsz-privacy: code of the run called sys.exit(0): leave that out, or raise an error\n"


@pytest.mark.parametrize("command", [*ALL, *ACCOUNTS])
def test_help_shows_numbers_as_reports_write_them(command):
    shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "200"}).stdout
    defaults = re.findall(r"\[default: ([^]]*)\]", shown)
    assert not [each for each in defaults if re.fullmatch(r".*(e[-+]0\d|\.0)", each)]
    assert ("1e-5" in defaults) == ("--delta " in shown)
