"""What a terminal shows: all of it in 80 columns, in its own characters, and only as much as was asked for."""

import json
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from analysis.cli.people import print_conclusion, print_table
from analysis.cli.terminal import settle
from analysis.reporting.finished import write_run
from analysis.reporting.folder import open_run
from analysis.reporting.page import Page
from analysis.reporting.table import Table
from fedsz_privacy.codec.lossy import LossyWarning

TABLE = Table(
    "What each defence gives away",
    "A note that is longer than a terminal of eighty columns is wide, so that it has to be wrapped somewhere.",
    ("defence", *(f"measured\ncolumn {number}" for number in range(8))),
    [("dpsgd:eps=8+fedsz:rel=1e-2", "∞", *["0.634 [0.604, 0.663]"] * 7)],
)
LINES = ("none: leaks (AUC 0.634 [0.604, 0.663]; guessing gives 0.5); no guarantee; R² .1, within ±0.0002",)
RESULTS = '{\n  "epsilon": "inf"\n}\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    """A finished run."""
    page = Page("A page", "What?", {}, LINES, (TABLE,), (TABLE,))
    write_run(open_run(tmp_path / "run", {"command": "audit"}), page, {"results.json": RESULTS})
    return tmp_path / "run"


def shown(folder, *options, encoding="utf-8"):
    """Return what the command prints as a process of its own, with that encoding."""
    code = "import sys; sys.argv[0] = 'fedsz-privacy'; from analysis.cli import main; main()"
    command = [sys.executable, "-c", code, "report", str(folder), *options]
    environment = {"PYTHONIOENCODING": encoding, "COLUMNS": "80", "PYTHONPATH": str(Path.cwd())}
    ran = subprocess.run(command, check=True, capture_output=True, env=environment, timeout=300)
    assert ran.stderr == b""
    return ran.stdout.decode(encoding)


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_what_a_command_ends_with_fits_the_terminal(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(TABLE)
    print_conclusion(LINES)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= max(columns, len("  measured column 0  0.634 [0.604, 0.663]"))
    assert printed.count("0.634 [0.604, 0.663]") == 8


def test_a_table_that_fits_is_one(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "200")
    print_table(TABLE)
    printed = capsys.readouterr().out
    assert "─" in printed
    assert "dpsgd:eps=8+fedsz:rel=1e-2  ∞" in printed


@pytest.mark.parametrize(("words", "is_one"), [(5, True), (6, False)])
def test_a_heading_of_many_words_is_no_tower(monkeypatch, capsys, words, is_one):
    monkeypatch.setenv("COLUMNS", "40")
    heading = " ".join(["epsilon"] * words)
    print_table(Table("Wide", "A note.", ("signal", heading, heading), [("lira", "3.78", "5.40")]))
    assert ("─" in capsys.readouterr().out) == is_one


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "told"),
    [("ascii", ("inf", "R^2", "+/-")), ("latin-1", ("inf", "R²", "±")), ("utf-8", ("∞", "R²", "±"))],
)
def test_a_terminal_gets_what_its_encoding_has(folder, encoding, told):
    printed = shown(folder, encoding=encoding)
    assert all(word in printed for word in told)
    assert "?" not in printed


def test_quiet_prints_the_page_s_path_and_json_the_results_alone(folder):
    quiet, plain = (CliRunner().invoke(app, ["report", str(folder), option]) for option in ("--quiet", "--json"))
    assert quiet.stdout == f"{folder / 'report.html'}\n"
    assert json.loads(plain.stdout) == json.loads(RESULTS)
    both = CliRunner().invoke(app, ["report", str(folder), "--json", "--quiet"])
    assert both.exit_code == 2
    assert both.stderr == "fedsz-privacy: --quiet and --json print different things: give one of them\n"


def test_the_conclusion_stands_at_the_end(folder):
    printed = " ".join(CliRunner().invoke(app, ["report", str(folder)]).stdout.split())
    assert printed.endswith(f"Conclusion {LINES[0]} {folder / 'report.html'}")


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(app, ["--version"]).stdout == f"fedsz-privacy {version('fedsz-privacy')}\n"


def test_only_warnings_of_this_toolkit_are_shown(monkeypatch, capsys):
    monkeypatch.setattr(sys, "warnoptions", [])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        settle()
        warnings.warn("of another library", UserWarning, stacklevel=1)
        warnings.warn("little is lossy", LossyWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: little is lossy\n"
