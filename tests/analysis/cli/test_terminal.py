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


HEADINGS = ("tensor", "original bytes", "compressed", "greatest error", "TPR at FPR 0.001")
ROWS = [("a.name.of.a.tensor.weight", "12,000", "10,807", "0.00012", "0.634 [0.604, 0.663]")]


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_row_by_row_a_heading_takes_the_room_there_is(monkeypatch, capsys, columns):
    """inspect printed "compress" and "ed" on a line each, with 25 columns free beside them."""
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(Table("Tensors", "A note.", HEADINGS, [(*cells[:-1], f"{cells[-1]} of 1,000") for cells in ROWS]))
    printed = capsys.readouterr().out
    assert "─" not in printed
    lines = printed.splitlines()
    assert any(line.split() == ["compressed", "10,807"] for line in lines)
    assert any(line.split() == ["greatest", "error", "0.00012"] for line in lines)
    if columns > 40:
        assert f"  {'TPR at FPR 0.001'}  0.634 [0.604, 0.663] of 1,000" in lines


@pytest.mark.parametrize("columns", [40, 50, 61])
def test_no_word_is_cut_beside_long_cells(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    reason, long = "a reason of many words " * 5, "incomparability-of-everything"
    print_table(Table("Reasons", "A note.", ("defence", long, "why"), [("x" * 30, reason, "y" * 70)]))
    printed = capsys.readouterr().out
    assert long in printed.split()
    assert "y" * 70 in printed.split()
    assert printed.split().count("reason") == 5


def test_the_note_of_a_table_in_columns_begins_at_the_left(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    note = "A note of so many words that it takes more than one line of the terminal, however narrow the table, by one."
    print_table(Table("Title", note, ("signal", "epsilon"), [("lira", "3.78")]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Title"
    assert " ".join(lines[-3:]) == f"{note} "


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
