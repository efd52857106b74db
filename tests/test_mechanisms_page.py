"""What docs/mechanisms.md shows: its Python gives what it says, and its commands name releases that there are."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from fedsz_privacy import parse_release

PAGE = (Path(__file__).parents[1] / "docs" / "mechanisms.md").read_text(encoding="utf-8")
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
WORDS = [word for line in SHELL.splitlines() for word in shlex.split(line)]
RELEASES = [word for option, word in pairwise(WORDS) if option == "--release"]


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_the_library_gives_what_the_page_says(block):
    *lines, last = block.rstrip().splitlines()
    value, said = last.split("  # ")
    names = {}
    exec("\n".join(lines), names)
    assert repr(eval(value, names)) == said


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_of_a_command_is_one(release):
    assert parse_release(release).name == release
