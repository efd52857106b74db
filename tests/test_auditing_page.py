"""The Python of docs/auditing.md gives what it says."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "docs" / "auditing.md").read_text(encoding="utf-8")


def test_the_library_gives_the_bound_that_the_page_says():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(block, names)
    value, said = re.search(r"^(.*)  # (.*)$", block, re.MULTILINE).groups()
    assert repr(eval(value, names)) == said
