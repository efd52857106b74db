"""docs/recommend.md: its commands ask what they say, and its figures are those of its table."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = (Path(__file__).parents[1] / "docs" / "recommend.md").read_text(encoding="utf-8")
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [shlex.split(line) for line in SHELL.splitlines()]
SMALL = {
    "recommend": "--clients 2 --records 120 --test-records 40 --rounds 1 --epochs 1 --bounds 1e-3,1e-2 --seeds 2",
    "audit-updates": "",
}


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.stdout


def shrunk(words: list[str], small: list[str]) -> list[str]:
    """Return a command with the options of a small one in the place of its own, and on digits."""
    taken = [*small[::2], "--data"]
    kept = [word for place, word in enumerate(words) if word not in taken and words[place - 1] not in taken]
    return [*kept, *small]


@pytest.mark.slow
def test_the_commands_of_the_page_run_one_after_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for program, *words in COMMANDS:
        assert program == "fedsz-privacy"
        printed = run(*shrunk(words, SMALL[words[0]].split()))
        assert printed.strip().endswith("report.html")
        assert ("guaranteed: nothing at any bound" in printed) == (words[0] == "recommend")


def test_the_page_has_commands_of_both_kinds():
    assert {words[1] for words in COMMANDS} == set(SMALL)


def test_the_recommended_bounds_of_the_page_are_below_and_the_others_are_not():
    rows = re.findall(r"^\| `fedsz:rel=\S+` \| \S+ \[(\S+), (\S+)\] \| ([^|]+) \|", PAGE, re.MULTILINE)
    assert len(rows) >= 7
    for low, high, stands in rows:
        expected = "stays below" if float(high) < 0.5 else "loses more" if float(low) >= 0.5 else "not resolved"
        assert stands.startswith(expected)
