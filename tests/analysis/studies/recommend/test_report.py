"""The report of a recommendation, from made-up figures."""

import json

import pytest
from drawing import require_drawn_where_asked
from tidy import require_tidy

from analysis.reporting.folder import open_run
from analysis.studies.questions import to_plain
from analysis.studies.recommend.figure import loss_and_ratio
from analysis.studies.recommend.max_loss import Margin
from analysis.studies.recommend.report import bounds_table, to_results, write_recommend

ERROR = Margin(0.1, "mean absolute error", is_share=False, is_error=True, in_unit="in the target's unit")
LOSSES = [(0.0, 0.0), (0.001, 0.002), (0.002, 0.008), (0.3, 0.01)]


def test_a_row_says_where_each_bound_stands(reported):
    assert [row[2] for row in bounds_table(reported(LOSSES)).rows] == [
        "stays below",
        "stays below, recommended",
        "not resolved",
        "loses more",
    ]


@pytest.mark.parametrize("losses", [LOSSES, LOSSES[2:]])
def test_the_folder_holds_results_table_figure_and_page(reported, tmp_path, losses):
    report = reported(losses)
    page = write_recommend(report, open_run(tmp_path / "run", to_plain("recommend", report.spec))).read_text()
    assert page.count('src="data:image/png;base64,') == 1
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["recommended"] == (report.recommended.release if report.recommended else None)
    assert results["bounds"] == json.loads(json.dumps(to_results(report)["bounds"]))
    assert len((tmp_path / "run" / "tables" / "bounds.csv").read_text().splitlines()) == 1 + 3 * len(losses)


def test_the_frame_has_what_the_results_have(reported):
    report = reported(LOSSES)
    frame, results = require_tidy(report), to_results(report)
    for bound, (_, row) in zip(results["bounds"], frame.iterrows(), strict=True):
        assert [row[f"lost{end}"] for end in ("", "_low", "_high")] == list(bound["loss"].values())[:3]
        assert (row["release"], row["standing"]) == (bound["release"], bound["standing"])
    assert frame.loc[frame["recommended"], "release"].tolist() == [results["recommended"]]


def test_the_figure_is_drawn_in_a_column_of_a_paper(reported):
    require_drawn_where_asked(loss_and_ratio, reported(LOSSES), panels=2)


def test_an_error_is_said_to_gain_and_its_figure_is_drawn_in_a_column_and_on_a_page(reported):
    """In words of its own unit the label of its axis was cut off."""
    report = reported([(0.0, 0.0), (-0.004, 0.01)], ERROR)
    figure = require_drawn_where_asked(loss_and_ratio, report, panels=2)
    assert " ".join(figure.axes[0].get_ylabel().split()) == "mean absolute error gained (in the target's unit)"
    assert figure.get_suptitle().startswith("Mean absolute error gained")
    table = bounds_table(report)
    assert table.columns[1] == "mean absolute error gained\n(in the target's unit)"
    assert "Gained is against no compression" in table.note


def test_the_figure_has_the_losses_in_the_unit_of_its_axis(reported):
    figure = loss_and_ratio(reported(LOSSES))
    left, right = figure.axes
    assert figure.get_suptitle().startswith("Accuracy lost")
    assert (left.get_xlabel(), right.get_xlabel()) == ("error bound (REL)",) * 2
    assert left.get_ylabel() == "accuracy lost (percentage points)"
    means = next(line for line in left.get_lines() if line.get_marker() == "D")
    assert means.get_ydata().tolist() == pytest.approx([0.0, 0.1, 0.2, 30.0])
