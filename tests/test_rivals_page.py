"""docs/rivals.md: its strings are releases, and its figures follow from the code."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from fedsz_privacy.defences.parsing import parse_release

PAGE = (Path(__file__).parent.parent / "docs" / "rivals.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()]


@pytest.mark.parametrize("text", re.findall(r"^\| `([^`]+)` \|", PAGE, re.M))
def test_every_row_names_a_release(text):
    assert parse_release(text).is_proved == text.startswith("rqm")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_releases(command):
    words = shlex.split(command)
    named = [after for word, after in pairwise(words) if word == "--release"]
    assert named
    assert all(parse_release(each).name for each in named)
