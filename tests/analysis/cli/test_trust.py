"""No command runs code that only a folder names, unless it is told to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.reporting.folder import open_run
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.questions import to_plain

pytestmark = pytest.mark.usefixtures("undrawn")

SMALL = {"trials": 16, "candidates": 20, "clients": 2, "rounds": 1, "epochs": 1, "defences": ("none",)}
TYPED = "--trials 16 --candidates 20 --clients 2 --rounds 1 --epochs 1 --release none --signal loss"
MARK = """
from pathlib import Path

Path("ran").touch()
"""
LINEAR = """
from torch import nn


def linear(shape, outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], outputs))
"""
NAMED = [
    ("data", "named:load"),
    ("task", "named:TASK"),
    ("model", "named:factory"),
    ("training", "named:train"),
    ("adversary", "named:ADVERSARY"),
    ("signals", ["loss", "named:SIGNAL"]),
    ("canaries", ["named:CANARY:20"]),
    ("defences", ["none", "named:make"]),
    ("defences", ["none", "dpsgd:eps=8+named:make:sigma=1+fedsz:rel=1e-2"]),
]
ODD = [("training", "named"), ("model", "named:20"), ("signals", ["named:"]), ("data", "named:load ")]
"""What reads as no import path, and would be imported all the same."""


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of a small audit that has not played yet, beside a module that tells that it was imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "named", raising=False)
    (tmp_path / "named.py").write_text(MARK)
    return open_run(tmp_path / "run", to_plain("audit", AuditSpec(**SMALL, signals=("loss",)))).path


def change(folder: Path, **changes: object) -> None:
    spec = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(spec | changes))


@pytest.mark.parametrize(("field", "value"), NAMED)
def test_what_a_resumed_run_names_is_told_and_not_imported(folder, field, value):
    change(folder, **{field: value})
    result = run("audit", "--resume", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert repr(value[-1] if isinstance(value, list) else value) in result.stderr
    assert "give --trust-imports if you trust" in result.stderr
    assert not Path("ran").exists()


@pytest.mark.parametrize(("field", "value"), ODD)
def test_what_reads_otherwise_is_not_imported_either(folder, field, value):
    change(folder, **{field: value})
    result = run("audit", "--resume", folder)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert not Path("ran").exists()


def test_a_trusted_module_that_is_not_there_is_named_and_the_folder_is_not_blamed(folder):
    change(folder, model="nowhere:linear")
    result = run("audit", "--resume", folder, "--trust-imports")
    assert result.exit_code == 2
    assert result.stderr.startswith("fedsz-privacy: no module 'nowhere' for 'nowhere:linear': write module:name")


def test_all_that_is_named_is_told_at_once(folder):
    change(folder, data="named:load", model="mine:normed", signals=["loss", "other.module:SIGNAL"])
    result = run("audit", "--resume", folder)
    assert (
        "names code to run, 'named:load', 'mine:normed', 'other.module:SIGNAL': give --trust-imports" in result.stderr
    )


@pytest.mark.slow
def test_a_command_in_the_place_of_data_is_not_called(folder):
    change(folder, data="os:abort")
    command = [sys.executable, "-c", "from analysis.cli import main; main()"]
    for arguments in (["audit", "--resume", str(folder)], ["report", str(folder)]):
        result = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr


def test_what_is_trusted_goes_on_to_the_results_of_what_was_typed(folder):
    Path("named.py").write_text(MARK + LINEAR)
    typed = run("audit", *TYPED.split(), "--model", "named:linear", "--out", "typed")
    assert typed.exit_code == 0, typed.output
    change(folder, model="named:linear")
    assert run("audit", "--resume", folder).exit_code == 2
    resumed = run("audit", "--resume", folder, "--trust-imports")
    assert resumed.exit_code == 0, resumed.output
    assert (folder / "results.json").read_bytes() == Path("typed/results.json").read_bytes()
    Path("ran").unlink()
    sys.modules.pop("named")
    for again in (run("report", folder), run("audit", "--resume", folder)):
        assert again.exit_code == 0, again.output
        assert again.stdout.splitlines()[-1] == str(folder / "report.html")
    assert not Path("ran").exists()


def test_trust_without_a_folder_says_nothing(tmp_path):
    result = run("audit", "--trust-imports", "--out", tmp_path / "run")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--trust-imports says nothing without --resume: leave it out, what you type is trusted" in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_run_that_names_nothing_needs_no_trust(folder):
    result = run("audit", "--resume", folder)
    assert result.exit_code == 0, result.output
