import dataclasses
import json

import pytest

from analysis.studies.federation.report import FIGURES, summary_table, write_federation
from analysis.studies.federation.run import run_federation
from analysis.studies.federation.spec import FederationSpec
from fedsz_privacy import InputError
from fedsz_privacy.training.descent import Training

SMALL = FederationSpec(
    model="mlp", defences=("fedsz:rel=1e-2",), clients=2, records=200, rounds=3, training=Training(epochs=2), seed=1
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run_federation(SMALL, tmp_path_factory.mktemp("runs") / "run")


def accuracies(report):
    return {release: [row.accuracy for row in rows] for release, rows in report.rounds.items()}


def test_releases_run_from_the_same_start_for_all_rounds(finished):
    report, _ = finished
    assert list(report.rounds) == ["none", "fedsz:rel=1e-2"]
    assert all([row.round for row in rows] == [0, 1, 2] for rows in report.rounds.values())
    assert abs(report.accuracy_change("fedsz:rel=1e-2")) < 0.1


def test_derived_figures_follow_from_the_rows(finished):
    report, _ = finished
    rows = report.rounds["fedsz:rel=1e-2"]
    assert report.ratio("fedsz:rel=1e-2") == pytest.approx(340_008 / (sum(row.nbytes for row in rows) / 3))
    assert 0 < report.overhead("fedsz:rel=1e-2") < 1
    assert report.overhead("none") == 0
    assert report.break_even("fedsz:rel=1e-2") > 0


def test_an_interrupted_run_goes_on_to_the_same_accuracies(finished, tmp_path):
    def stop(items, description, **_):
        for number, item in enumerate(items):
            yield item
            if description.startswith("fedsz") and number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_federation(SMALL, tmp_path / "run", progress=stop)
    kept = (tmp_path / "run" / "rounds" / "0.safetensors").stat().st_mtime_ns
    report, _ = run_federation(SMALL, tmp_path / "run")
    assert accuracies(report) == accuracies(finished[0])
    assert (tmp_path / "run" / "rounds" / "0.safetensors").stat().st_mtime_ns == kept


def test_the_report_holds_table_rounds_and_figures(finished):
    report, folder = finished
    page = write_federation(report, folder).read_text()
    assert "| fedsz:rel=1e-2 |" in page
    assert len(json.loads((folder.path / "results.json").read_text())["rounds"]) == 6
    for name in FIGURES:
        figure = FIGURES[name](report)
        assert figure.get_suptitle()
        assert figure.axes[0].get_xlabel()
        assert (folder.path / "figures" / f"{name}.png").stat().st_size > 0
    assert len(summary_table(report).rows) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": "mnist"}, "unknown data set"),
        ({"model": "vgg"}, "unknown model"),
        ({"partition": "skewed"}, "unknown partition"),
        ({"model": "resnet50"}, "resize them|pip install"),
        ({"clients": 500}, "500 clients for 200 records"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        run_federation(dataclasses.replace(SMALL, **change), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["rounds", "records", "clients", "test_records"])
def test_numbers_out_of_range_are_named(name):
    with pytest.raises(InputError, match="choose 1 or more"):
        dataclasses.replace(SMALL, **{name: 0})
