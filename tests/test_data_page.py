"""What docs/data.md shows is run as it stands there, at a small size."""

import json
import math
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.data.targets import TASKS

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = (Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
SMALL = "--release none --trials 8 --candidates 40 --clients 2 --rounds 1 --epochs 1 --batch-size 10"

TASK_OF = {
    "breast-cancer": "binary",
    "diabetes": "regression",
    "wine": "classification",
    "loans.csv granted": "binary",
    "loans.parquet income": "regression",
    "loans.csv age": "regression",
    "names.txt": "next token",
    "names.csv name": "next token",
    "tokens.npz": "next token",
    "rows.npz": "regression",
    "./pictures": "classification",
    "mine:waves": "regression",
}


@pytest.fixture(scope="module", autouse=True)
def directory(tmp_path_factory):
    """A working directory in which the page's blocks have been run."""
    for package in ("datasets", "pandas", "PIL", "pyarrow"):
        pytest.importorskip(package)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("data"))
        for name, code in BLOCKS:
            Path(name).write_text(code, encoding="utf-8")
            if name != "mine.py":
                runpy.run_path(name)
        sys.modules.pop("mine", None)
        yield
        sys.modules.pop("mine", None)


def asked(command):
    return dict(zip(command[2::2], command[3::2], strict=True))


def test_the_page_shows_every_block_that_it_has_and_every_task():
    assert len(BLOCKS) == PAGE.count("```python")
    assert {tuple(command[:2]) for command in COMMANDS} == {("fedsz-privacy", "audit")}
    assert all(f"| `{task}` |" in PAGE for task in TASKS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_data_of_a_command_is_for_the_task_that_the_page_says(command):
    options = asked(command)
    split = load_data(options["--data"], 40, 20, 0, target=options.get("--target", ""), task=options.get("--task", ""))
    assert split.train.task.name == TASK_OF[" ".join(filter(None, (options["--data"], options.get("--target"))))]
    assert (len(split.train), len(split.test)) == (40, 20)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_of_the_page_ends_with_a_report(command, tmp_path):
    result = CliRunner().invoke(app, [*command[1:], *SMALL.split(), "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    spec = json.loads((tmp_path / "run" / "spec.json").read_text())
    assert all(spec[option.removeprefix("--")] == value for option, value in asked(command).items())
    (undefended,) = json.loads((tmp_path / "run" / "results.json").read_text())["defences"]
    assert undefended["name"] == "none"
    measured = list(numbers(undefended["groups"]))
    assert measured
    assert all(map(math.isfinite, measured))
    assert (tmp_path / "run" / "report.html").is_file()


def numbers(held):
    if isinstance(held, dict | list):
        for each in held.values() if isinstance(held, dict) else held:
            yield from numbers(each)
    elif isinstance(held, float):
        yield held
