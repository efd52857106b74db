"""The commands of the page of how-tos are ones that the command line takes."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from analysis.cli import app

PAGE = (Path(__file__).parents[1] / "docs" / "howto.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def accepts(words: list[str]) -> None:
    """Raise an error unless the command line takes these words; nothing is run."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("fedsz-privacy", words)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_that_is_taken(line):
    program, *words = shlex.split(line)
    assert program == "fedsz-privacy"
    accepts(words)


def test_another_option_is_not_taken():
    with pytest.raises(typer.Exit):
        accepts(["audit", "--no-such-option", "1"])
    assert len(COMMANDS) > 10
