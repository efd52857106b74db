"""What docs/flower.md shows is run as it stands there."""

import re
from pathlib import Path

import pytest

pytest.importorskip("flwr", reason="flwr is not installed: make test-flower")

from flwr.serverapp.strategy import Strategy

PAGE = (Path(__file__).parents[3] / "docs" / "flower.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(block, names)
    assert "app" in names or isinstance(names["strategy"], Strategy)
    assert (tmp_path / "kept" / "recording.json").is_file() == ("record=" in block)
