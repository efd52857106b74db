"""What README.md shows is run as it stands there, at a small size; links between pages lead somewhere."""

import json
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
SMALL = {
    "audit": "--trials 8 --candidates 40 --clients 2 --rounds 1 --epochs 1",
    "audit-clients": "--trials 15 --client-records 10 --client-canaries 2 --rounds 1 --epochs 1",
    "federate": "--model mlp --clients 2 --records 60 --test-records 40 --rounds 1 --epochs 1",
    "recommend": "--clients 2 --records 120 --test-records 40 --rounds 1 --epochs 1 --bounds 1e-3,1e-2 --seeds 2",
    "audit-updates": "",
}
RECORDED = "--model mlp --clients 3 --records 90 --test-records 40 --rounds 1 --epochs 1"
COMMANDS = [line for line in map(shlex.split, SHELL.splitlines()) if line[0] == "fedsz-privacy"]
STUDIES = [line for line in COMMANDS if line[1] in SMALL]
ACCOUNTS = [line for line in COMMANDS if line[1] == "account"]
NAMES = [first + middle + last for first in ("an", "be", "ka", "mo") for middle in "dlnrst" for last in "aeiouy"]


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """A working directory with the page's mine.py and a table of names."""
    monkeypatch.chdir(tmp_path)
    for block in BLOCKS:
        if block.startswith("# mine.py\n"):
            Path("mine.py").write_text(block, encoding="utf-8")
    Path("names.csv").write_text("\n".join(["name", *NAMES]), encoding="utf-8")
    sys.modules.pop("mine", None)
    yield
    sys.modules.pop("mine", None)


def run(*words):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_python_block_runs_and_gives_what_its_comment_says(block):
    *lines, last = block.rstrip().splitlines()
    value, _, said = last.partition("  # ")
    names = {}
    exec("\n".join([*lines, "" if said else last]), names)
    if said:
        assert repr(eval(value, names)) == said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for file, heading in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in anchors(target), heading


def anchors(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", ACCOUNTS, ids=" ".join)
def test_an_account_is_given(command):
    assert "Guaranteed at delta" in run(*command[1:])


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("command", STUDIES, ids=" ".join)
def test_a_command_ends_with_a_report_that_opens_again(command):
    words = command[1:]
    if "names.csv" in words:
        pytest.importorskip("pandas")
    if "--out" in words:
        del words[words.index("--out") : words.index("--out") + 2]
    if "--seeds" in words:
        words[words.index("--seeds") + 1] = "0,1"
    if "--gradient-canaries" in words:
        words[words.index("--gradient-canaries") + 1] = "5"
    if words[0] == "audit-updates":
        run("federate", *RECORDED.split(), "--record", words[1], "--out", "federation")
    small = SMALL[words[0]].replace(" --epochs 1", "" if "--training" in words else " --epochs 1")
    run(*words, *small.split(), "--out", "run")
    spec = json.loads(Path("run", "spec.json").read_text())
    asked = [value for option, value in pairwise(words) if option == "--release"]
    assert set(asked) <= set(spec.get("defences", ()))
    assert "run/report.html" in run("report", "run")
