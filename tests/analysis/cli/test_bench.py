import re

import pytest
import torch
from typer.testing import CliRunner

from analysis.cli import app
from fedsz_privacy.codec.compressors import COMPRESSORS


def test_help_names_every_compressor():
    result = CliRunner().invoke(app, ["bench", "--help"], env={"COLUMNS": "200"})
    words = set(re.findall(r"\w+", result.stdout))
    assert set(COMPRESSORS) <= words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--compressor", "zip"], "unknown compressor 'zip': choose one of nopred"),
        (["--bound", "0"], "choose a positive number"),
        (["--repeats", "0"], "repeats 0: choose 1 or more"),
    ],
)
def test_what_cannot_be_measured_is_one_line(tmp_path, arguments, message):
    result = CliRunner().invoke(app, ["bench", *arguments, "--out", str(tmp_path / "run")])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert not (tmp_path / "run").exists()


def test_a_bench_ends_with_its_table_warning_and_the_path_of_the_report(tmp_path):
    weight = torch.randn(5000)
    weight[0] = 1e6
    torch.save({"weight": weight}, tmp_path / "state.pt")
    arguments = [
        str(tmp_path / "state.pt"),
        "--compressor",
        "nopred",
        "--bound",
        "1e-2",
        "--out",
        str(tmp_path / "run"),
    ]
    result = CliRunner().invoke(app, ["bench", *arguments])
    assert result.exit_code == 0, result.output
    assert result.stdout.strip().splitlines()[-1] == str(tmp_path / "run" / "report.html")
    assert "warning" in result.stderr
    assert "an absolute bound" in result.stderr


def test_bad_input_is_one_line(tmp_path):
    result = CliRunner().invoke(app, ["bench", "missing.pt", "--out", str(tmp_path / "run")])
    assert result.exit_code == 2
    assert "no file at missing.pt" in result.stderr
    assert not (tmp_path / "run").exists()
