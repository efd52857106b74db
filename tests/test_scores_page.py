"""What docs/scores.md and docs/account.md show is run as it stands there."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app

pytestmark = pytest.mark.usefixtures("undrawn")

DOCS = Path(__file__).parents[1] / "docs"
SCORES, ACCOUNT = ((DOCS / name).read_text(encoding="utf-8") for name in ("scores.md", "account.md"))
BLOCKS = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", SCORES, re.DOTALL)


def commands(page):
    return [
        shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()
    ]


def run(*words):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module", autouse=True)
def directory(tmp_path_factory):
    """A working directory in which the page's blocks have been run."""
    for package in ("pandas", "pyarrow"):
        pytest.importorskip(package)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("scores"))
        for name, code in BLOCKS:
            Path(name).write_text(code, encoding="utf-8")
            runpy.run_path(name)
        yield


@pytest.mark.parametrize("command", commands(SCORES), ids=" ".join)
def test_scores_are_audited(command, tmp_path):
    shown = run(*command[1:], "--out", str(tmp_path / "run"))
    assert "Measured leakage" in shown
    assert ("lower bounds on epsilon" in shown) == ("one-run" in command)


def test_the_table_of_the_page_is_what_its_command_prints(tmp_path):
    run("audit-scores", "scores.csv", "--design", "one-run", "--lower", "loss", "--out", str(tmp_path / "run"))
    report = (tmp_path / "run" / "report.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in SCORES.splitlines() if re.match(r"\| (lira|loss) \|", line)]
    assert len(rows) == 2
    for signal, *cells in rows:
        found = " | ".join(line for line in report.splitlines() if line.startswith(f"| scores | {signal} |"))
        assert all(cell in found for cell in cells), signal


def with_pace(command):
    """Mark a search for the last round within a budget as slow where clients are sampled."""
    return pytest.param(command, marks=[pytest.mark.slow] if {"--halt-at", "--client-sampling"} <= {*command} else [])


@pytest.mark.parametrize("command", [with_pace(each) for each in commands(ACCOUNT)], ids=" ".join)
def test_an_account_prints_the_figures_of_the_page(command):
    shown = run(*command[1:])
    after = ACCOUNT.split(" ".join(command))[1].split("\n## ")[0]
    rows = [line for line in shown.splitlines() if line.strip().startswith(("zero-out", "replace"))]
    for row in rows:
        assert any(figure in after for figure in re.split(r"\s{2,}", row.strip())[-2:]), row
