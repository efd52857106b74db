"""The commands of every page are ones that the command line takes; nothing is run."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from analysis.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "flower" / "README.md"]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PROGRAM = "fedsz-privacy "


def commands(page: Path) -> list[str]:
    """Return the commands of this toolkit in the blocks of a page, each in one line."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith(PROGRAM)]


COMMANDS = [pytest.param(line, id=f"{page.relative_to(ROOT)}: {line}") for page in PAGES for line in commands(page)]


def accepts(words: list[str]) -> None:
    """Raise an error unless the command line takes these words."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("fedsz-privacy", words)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_that_is_taken(line):
    accepts(shlex.split(line, comments=True)[1:])


def test_another_option_is_not_taken():
    with pytest.raises(typer.Exit):
        accepts(["audit", "--no-such-option", "1"])
    assert len(COMMANDS) > 60
