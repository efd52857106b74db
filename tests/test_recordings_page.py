"""What docs/recordings.md shows is run as it stands there: the loop, the reader, and every command."""

import re
import runpy
import shlex
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy.core.state import add
from fedsz_privacy.federation import open_recording
from fedsz_privacy.federation.manifest import Manifest
from fedsz_privacy.federation.recording import Part, Parts

pytestmark = pytest.mark.usefixtures("undrawn")

PAGE = (Path(__file__).parents[1] / "docs" / "recordings.md").read_text(encoding="utf-8")
BLOCKS = {re.match(r"# (\w+)\.py\n", block)[1]: block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)}
SHELL = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = list(map(shlex.split, SHELL.splitlines()))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder in which the page's loop has run."""
    folder = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        patch.delitem(sys.modules, "mine", raising=False)
        for name, block in BLOCKS.items():
            Path(f"{name}.py").write_text(block)
        runpy.run_path("loop.py")
        first = open_recording("kept").rounds[0]
        torch.save(dict(first.before()), "before.pt")
        for client in first.participants:
            torch.save({"model_state_dict": add(first.before(), first.update(client))}, f"after_{client}.pt")
            np.save(f"members_{client}.npy", np.array(open_recording("kept").manifest.members[client]))
        yield folder
        sys.modules.pop("mine", None)


def test_the_reader_has_fifteen_lines_and_reads_what_was_recorded(recorded, capsys):
    imports = re.findall(r"^(?:from|import) (\w+)", BLOCKS["read"], re.MULTILINE)
    assert set(imports) == {"hashlib", "json", "pathlib", "safetensors"}
    assert len(list(filter(None, BLOCKS["read"].splitlines()[1:]))) <= 15
    runpy.run_path("read.py")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines] == [
        [str(number), client, "60"] for number in range(3) for client in ("ann", "bob", "eve")
    ]
    found = open_recording(recorded / "kept").rounds[2].update("eve")["1.bias"].norm().item()
    assert float(lines[-1][3]) == found


def test_every_field_is_documented():
    for kind in (Manifest, Parts, Part):
        for field in fields(kind):
            assert f"`{field.name}`" in PAGE, field.name


def test_coins_are_recorded_as_the_page_says(recorded):
    runpy.run_path("coins.py")
    assert len(open_recording(recorded / "tossed").manifest.coins["ann"]) == 400


@pytest.mark.slow
@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_ends_with_a_report(tmp_path, command):
    assert command[:2] == ["fedsz-privacy", "audit-updates"]
    result = CliRunner().invoke(app, [*command[1:], "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run/report.html").is_file()
