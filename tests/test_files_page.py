"""What docs/files.md shows is run as it stands there."""

import re
import shlex
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy.data.wrappings import read_state

PAGE = (Path(__file__).parents[1] / "docs" / "files.md").read_text(encoding="utf-8")
SECTIONS = [re.findall(r"```sh\n(.*?)```", section, re.DOTALL) for section in PAGE.split("\n## ")]
COMMANDS = [[shlex.split(line) for block in blocks for line in block.splitlines()] for blocks in SECTIONS if blocks]
SMALL = "--model mlp --clients 2 --records 60 --test-records 40 --rounds 1 --epochs 1"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    shapes = {"conv1.weight": (40, 3, 5, 5), "fc.weight": (60, 50), "word.table": (80, 20), "fc.bias": (60,)}
    before = {name: torch.randn(shape) for name, shape in shapes.items()}
    after = {name: tensor + 0.01 * torch.randn_like(tensor) for name, tensor in before.items()}
    save_file(after, "model.safetensors")
    torch.save(before, "before.pt")
    torch.save({"state_dict": after}, "after.pt")


def run(words):
    result = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("commands", COMMANDS, ids=lambda commands: commands[0][3])
def test_a_section_runs_from_its_first_command_to_its_last(commands):
    pytest.importorskip("hdf5plugin")
    pytest.importorskip("blosc2")
    for _, *words in commands:
        if words[0] == "federate":
            words += [*SMALL.split(), "--out", "run"]
        printed = run(words)
    if Path("after.npz").exists():
        found, after = read_state(Path("after.npz")), load_file("model.safetensors")
        assert all((found[name] - tensor).abs().max() < 1e-3 for name, tensor in after.items())
    if Path("run").exists():
        assert "fedsz:rel=1e-2,compressor=sz2,lossless=blosclz,threshold=100" in printed


def test_the_python_block_gives_what_its_comment_says():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    *lines, last = block.strip().splitlines()
    value, said = last.split("  # ")
    names = {}
    exec("\n".join(lines), names)
    assert eval(value, names) == pytest.approx(eval(said))


def test_help_names_every_option_of_the_page():
    told = "".join(run([command, "--help"]) for command in ("compress", "decompress", "inspect", "federate"))
    for option in set(re.findall(r"--[a-z][a-z-]*", PAGE)):
        assert option in told, option
