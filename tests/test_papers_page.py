"""docs/papers.md: its commands are taken, and its code runs."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from test_commands_of_pages import accepts

PAGE = (Path(__file__).parents[1] / "docs" / "papers.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
CODE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
SMALL = "AuditSpec(trials=24, candidates=40, clients=2, rounds=1, epochs=1, signals=('loss',))"


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_is_one_that_is_taken(line):
    program, *words = shlex.split(line)
    assert program == "fedsz-privacy"
    accepts(words)


@pytest.mark.slow
def test_the_code_of_the_page_makes_the_files_that_it_names(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(CODE.replace("AuditSpec()", SMALL), {})
    printed = capsys.readouterr().out
    assert r"\toprule" in printed
    assert r"measured\_auc\_low" in printed
    assert pd.read_csv("audit.csv")["defence"].tolist()[0] == "none"
    for name in ("tradeoff.pdf", "roc_and_frontier.pdf"):
        assert Path(name).read_bytes().startswith(b"%PDF")
