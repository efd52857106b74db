import csv
import json
from html import unescape

import pytest
import torch
from drawing import require_drawn_where_asked
from tidy import require_tidy

from analysis.studies.bench.figure import ratio_and_rate
from analysis.studies.bench.report import write_bench
from analysis.studies.bench.run import run_bench
from analysis.studies.bench.spec import BenchSpec
from fedsz_privacy import InputError


@pytest.fixture
def checkpoint(tmp_path):
    torch.manual_seed(0)
    weight = torch.randn(100, 50)
    weight[0, 0] = 1e5
    torch.save({"a.weight": torch.randn(100, 50), "b.weight": weight, "b.bias": torch.randn(50)}, tmp_path / "state.pt")
    return str(tmp_path / "state.pt")


@pytest.fixture
def finished(checkpoint, tmp_path):
    return run_bench(BenchSpec((checkpoint,), ("nopred", "quantiser"), (1e-1, 1e-2), repeats=2), tmp_path / "run")


def test_every_case_has_its_row(finished):
    rows = finished[0].rows
    assert [(row.rel, row.compressor) for row in rows] == [
        (1e-1, "nopred"), (1e-1, "quantiser"), (1e-2, "nopred"), (1e-2, "quantiser"),
    ]  # fmt: skip


def test_files_hold_the_rows_and_the_warning(finished):
    report, folder = finished
    page = unescape(write_bench(report, folder).read_text())
    for text in (page, (folder.path / "report.md").read_text()):
        assert "range of 'b.weight' is 71 standard deviations (over 50)" in text
        assert "'a.weight'" not in text
    assert 'src="data:image/png;base64,' in page
    rows = list(csv.DictReader((folder.path / "tables" / "summary.csv").read_text().splitlines()))
    assert [float(row["ratio"]) for row in rows] == [row.ratio for row in report.rows]
    assert {"compress_median", "compress_low", "compress_high"} <= set(rows[0])
    results = json.loads((folder.path / "results.json").read_text())["rows"]
    assert [each["compress"]["median"] for each in results] == require_tidy(report)["compress_median"].tolist()
    assert [each["ratio"] for each in results] == report.to_frame()["ratio"].tolist()
    assert (folder.path / "figures" / "bench.png").stat().st_size > 0


def test_a_tensor_without_a_finite_number_is_named(tmp_path):
    torch.manual_seed(0)
    state = {"a.weight": torch.randn(100, 50), "b.weight": torch.full((60, 50), float("nan")), "empty": torch.empty(0)}
    state["c.weight"] = torch.where(torch.arange(3000).reshape(60, 50) > 0, float("nan"), 1.0)
    torch.save(state, tmp_path / "state.pt")
    report, folder = run_bench(BenchSpec((str(tmp_path / "state.pt"),), ("nopred",), (1e-2,)), tmp_path / "run")
    (line,) = report.warnings()
    assert line.endswith("state.pt: no finite number in 'b.weight': kept exactly, so no error of theirs is measured")
    assert line in unescape(write_bench(report, folder).read_text())
    found = json.loads((folder.path / "results.json").read_text())["without_finite_numbers"]
    assert list(found.values()) == [["b.weight"]]


def test_the_figure_is_drawn_in_a_column_of_a_paper(finished):
    require_drawn_where_asked(ratio_and_rate, finished[0], panels=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"compressors": ("zip",)}, "unknown compressor 'zip'"),
        ({"bounds": (0.0,)}, "choose a positive number"),
        ({"repeats": 0}, "repeats 0: choose 1 or more"),
        ({"checkpoints": ("missing.pt",)}, "no file at missing.pt"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(checkpoint, tmp_path, change, message):
    arguments = {"checkpoints": (checkpoint,), "compressors": ("nopred",), "bounds": (1e-2,)} | change
    with pytest.raises(InputError, match=message):
        run_bench(BenchSpec(**arguments), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_checkpoint_with_nothing_to_compress_is_refused(tmp_path):
    torch.save({"bias": torch.ones(5)}, tmp_path / "small.pt")
    with pytest.raises(InputError, match="nothing to compress"):
        run_bench(BenchSpec((str(tmp_path / "small.pt"),), ("nopred",), (1e-2,)), tmp_path / "run")
