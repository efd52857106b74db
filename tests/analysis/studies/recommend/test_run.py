"""Whole recommendations on small federations: bounds that cost nothing, and bounds that cost everything."""

import dataclasses
import json

import pytest
import torch
from processes import start

from analysis.methods.non_inferiority import Standing
from analysis.reporting.workers import Workers
from analysis.studies.recommend.report import write_recommend
from analysis.studies.recommend.run import run_recommend
from analysis.studies.recommend.spec import RecommendSpec
from fedsz_privacy.core.errors import InputError

pytestmark = pytest.mark.usefixtures("undrawn")

TINY, LOOSEST = "fedsz:rel=1e-9", "fedsz:rel=1e0"

SMALL = RecommendSpec(
    model="mlp",
    clients=2,
    records=200,
    test_records=100,
    rounds=2,
    epochs=4,
    learning_rate=0.2,
    bounds="1e-9,1",
    max_loss="5%",
    seeds=3,
)

OPTIONS = """
--model mlp --clients 2 --records 200 --test-records 100 --rounds 2 --epochs 4 --learning-rate 0.2
--bounds 1e-9,1 --max-loss 5% --seeds 3
"""

NUMBERS = """
import torch
from fedsz_privacy.data.records import DataSplit, Records
from fedsz_privacy.data.tasks import regression

def load():
    x = torch.randn(300, 5, generator=torch.Generator().manual_seed(0))
    everything = Records((x,), x.sum(dim=1), regression())
    return DataSplit(everything.part(0, 200), everything.part(200, 300))
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run_recommend(SMALL, tmp_path_factory.mktemp("runs") / "run")


def without_seconds(report):
    """Return what a report holds but for times, which no two runs share."""
    return (
        [dataclasses.replace(each, seconds=None, round_seconds=None) for each in report.tried],
        report.leakage,
        report.recommended.release,
    )


@pytest.mark.slow
def test_a_bound_that_changes_nothing_is_recommended_and_one_that_drops_the_update_is_not(finished):
    report, folder = finished
    tiny, loosest = report.tried
    assert (tiny.release, tiny.loss.value, tiny.standing) == (TINY, 0, Standing.BELOW)
    assert loosest.loss.value > 0.3
    assert loosest.standing is Standing.ABOVE
    assert report.recommended == tiny
    assert loosest.ratio.low > 50
    assert 1 < tiny.ratio.low < tiny.ratio.high < 5
    assert report.leakage.difference.value == pytest.approx(0, abs=1e-4)
    write_recommend(report, folder)
    results = json.loads((folder.path / "results.json").read_text())
    assert results["recommended"] == TINY
    assert results["leakage"]["undefended"]["value"] == report.leakage.undefended.value


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_figures_and_repeats_no_round(finished, tmp_path):
    def stop(items, description, **_):
        for number, item in enumerate(items):
            yield item
            if description == f"seed 1, {LOOSEST}" and number == 0:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_recommend(SMALL, tmp_path / "run", progress=stop)
    kept = [tmp_path / "run" / f"seed-{seed}" / "rounds" / "1.safetensors" for seed in (0, 1)]
    stamps = [path.stat().st_mtime_ns for path in kept]
    report, _ = run_recommend(SMALL, tmp_path / "run")
    assert without_seconds(report) == without_seconds(finished[0])
    assert [path.stat().st_mtime_ns for path in kept] == stamps


@pytest.mark.slow
def test_workers_give_the_figures_of_one(finished, tmp_path):
    report, _ = run_recommend(SMALL, tmp_path / "run", Workers(2))
    assert without_seconds(report) == without_seconds(finished[0])


@pytest.mark.slow
def test_the_command_ends_with_its_recommendation_and_opens_again(tmp_path):
    for again in (False, True):
        process = start(tmp_path, "recommend", *OPTIONS.split(), "--out", "run")
        printed, complaints = process.communicate(timeout=300)
        assert process.returncode == 0, complaints
        told = f"{TINY}: accuracy loses 0.00 [0.00, 0.00] percentage points, less than 5 percentage points"
        assert told in " ".join(printed.split())
        assert printed.strip().splitlines()[-1] == "run/report.html"
        assert ("nothing is computed again" in complaints) == again


@pytest.mark.slow
def test_a_regression_loses_what_its_error_grows_by(tmp_path, monkeypatch):
    (tmp_path / "sums_of_mine.py").write_text(NUMBERS)
    monkeypatch.chdir(tmp_path)
    spec = dataclasses.replace(SMALL, data="sums_of_mine:load", learning_rate=0.01, max_loss="0.2")
    report, folder = run_recommend(spec, tmp_path / "run")
    assert report.margin.metric == "mean absolute error"
    assert report.tried[-1].loss.value > 0.2
    assert report.recommended.release == TINY
    write_recommend(report, folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_loss": "100%"}, "max loss '100%': percent are of a share, such as accuracy"),
        ({"records": 60}, "60 records of 2 clients are too few to measure leakage on: choose more --records"),
        ({"model": "vgg"}, "unknown model"),
        (
            {"threshold": 10**6},
            "no bound compresses a tensor of mlp: none has more than 1,000,000 elements: lower --thr",
        ),
        ({"data": "diabetes"}, "mean absolute error is no share: leave out the %"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, change, message):
    torch.manual_seed(0)
    with pytest.raises(InputError, match=message):
        run_recommend(dataclasses.replace(SMALL, **change), tmp_path / "run")
    assert not (tmp_path / "run").exists()
