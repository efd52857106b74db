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


def test_what_is_printed_is_of_one_checkpoint_at_one_bound_and_the_page_has_all(tmp_path):
    names = ["first.pt", "second.pt"]
    for name in names:
        torch.save({"weight": torch.randn(40, 50)}, tmp_path / name)
    bounds = ["--bound", "1e-1", "--bound", "1e-2"]
    arguments = [*(str(tmp_path / name) for name in names), *bounds, "--compressor", "nopred", "--repeats", "1"]
    result = CliRunner().invoke(app, ["bench", *arguments, "--out", str(tmp_path / "run")])
    assert "first.pt at REL 1e-2" in result.stdout
    assert "second.pt" not in result.stdout
    page = (tmp_path / "run" / "report.html").read_text()
    assert page.count(">second.pt</th>") == 2


def test_bad_input_is_one_line(tmp_path):
    result = CliRunner().invoke(app, ["bench", "missing.pt", "--out", str(tmp_path / "run")])
    assert result.exit_code == 2
    assert "no file at missing.pt" in result.stderr
    assert not (tmp_path / "run").exists()


def half(dtype):
    return torch.randn(40, 50).to(dtype)


KEPT = {
    "bfloat16": ({"a.weight": half(torch.bfloat16)}, "1e-3", "1 of 1"),
    "float16": ({"a.weight": half(torch.float16)}, "1e-4", "1 of 1"),
    "constants": ({"a.weight": torch.full((40, 50), 0.5)}, "1e-2", "1 of 1"),
    "zeros": ({"a.weight": torch.zeros(40, 50)}, "1e-2", "1 of 1"),
    "NaN": ({"a.weight": torch.full((40, 50), torch.nan)}, "1e-2", "1 of 1"),
    "infinities": ({"a.weight": torch.full((40, 50), torch.inf)}, "1e-2", "1 of 1"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("state", "bound", "exact"), KEPT.values(), ids=KEPT)
def test_tensors_that_no_bound_leaves_room_are_kept_exactly_in_the_row(tmp_path, state, bound, exact):
    torch.save(state, tmp_path / "state.pt")
    arguments = ["--compressor", "nopred", "--bound", bound, "--repeats", "1", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, ["bench", str(tmp_path / "state.pt"), *arguments], env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.output
    (row,) = (line for line in (tmp_path / "run" / "report.md").read_text().splitlines() if "| nopred |" in line)
    assert exact in row
    assert row.count("kept exactly") == 3


SPARSE = torch.where(torch.arange(2000) % 7 == 0, torch.nan, torch.linspace(-1, 1, 2000)).reshape(40, 50)
WHOLE = {
    "some NaN": SPARSE,
    "some infinite": SPARSE.nan_to_num(torch.inf),
    "float64 of 1e300": torch.linspace(-1e300, 1e300, 2000, dtype=torch.float64).reshape(40, 50),
    "float64 of 1e-300": torch.linspace(-1e-300, 1e-300, 2000, dtype=torch.float64).reshape(40, 50),
    "float32 from end to end": torch.linspace(-1, 1, 2000).reshape(40, 50) * 3.4e38,
    "denormals": torch.linspace(-1e-40, 1e-40, 2000).reshape(40, 50),
}


@pytest.mark.slow
@pytest.mark.parametrize("weight", WHOLE.values(), ids=WHOLE)
def test_every_bound_works_on_weights_of_every_size(tmp_path, weight):
    torch.save({"a.weight": weight, "b.scale": torch.tensor(3.0), "steps": torch.tensor(7)}, tmp_path / "state.pt")
    arguments = [
        "--compressor",
        "nopred",
        "--compressor",
        "quantiser",
        "--repeats",
        "1",
        "--out",
        str(tmp_path / "run"),
    ]
    bounds = ["--bound", "1", "--bound", "1e-2", "--bound", "1e-9"]
    result = CliRunner().invoke(app, ["bench", str(tmp_path / "state.pt"), *bounds, *arguments])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "run" / "report.md").read_text().count("| 0 of 1 |") == 6


NOTHING = {
    "no tensor": {},
    "no element": {"a.weight": torch.empty(0, 3)},
    "integers": {"a.weight": torch.arange(2000)},
    "one tiny tensor": {"a.weight": torch.ones(2, 2)},
    "one number": {"a.weight": torch.tensor(3.0)},
}


@pytest.mark.parametrize("state", NOTHING.values(), ids=NOTHING)
def test_a_checkpoint_with_nothing_to_compress_is_one_line(tmp_path, state):
    torch.save(state, tmp_path / "state.pt")
    result = CliRunner().invoke(app, ["bench", str(tmp_path / "state.pt"), "--out", str(tmp_path / "run")])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "nothing to compress" in result.stderr or "holds no state dict" in result.stderr
    assert not (tmp_path / "run").exists()


def test_figures_for_papers_are_written_also_of_a_finished_run(tmp_path):
    torch.save({"a.weight": torch.randn(40, 50)}, tmp_path / "state.pt")
    words = ["bench", str(tmp_path / "state.pt"), "--compressor", "nopred", "--bound", "1e-2", "--repeats", "1"]
    for asked, names in ([], ["bench.png"]), (["--figures", "svg"], ["bench.png", "bench.svg"]):
        result = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "run"), *asked])
        assert result.exit_code == 0, result.output
        assert sorted(path.name for path in (tmp_path / "run" / "figures").iterdir()) == names
    again = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "run"), "--figures", "svg"])
    assert "nothing is computed again" in again.stderr
