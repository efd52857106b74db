"""The report of several audits, from results that are copies of one audit's with AUCs of their own."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
from drawing import require_drawn_where_asked
from tidy import require_tidy

from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.folder import open_run, to_json
from analysis.reporting.html import to_html
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.measure import RECORDS
from analysis.studies.audit.report import describe
from analysis.studies.audit.results import to_results
from analysis.studies.questions import read_question, to_plain
from analysis.studies.seeds.audit_found import read_found
from analysis.studies.seeds.figure import seeds_figure
from analysis.studies.seeds.found import SeedsReport
from analysis.studies.seeds.report import make_page, write_seeds
from analysis.studies.seeds.results import mean_rows, seed_rows
from analysis.studies.seeds.results import to_results as seeds_results
from analysis.studies.seeds.spec import SeedsSpec
from analysis.studies.seeds.tables import canary_tables, closing_table, difference_table, strictest_statistic
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.proof import Unit

pytestmark = pytest.mark.slow

UNITS = (Unit.RECORD, Unit.CLIENT)
AUCS, BOUNDS = (0.60, 0.62, 0.67), (1.0, 3.0, 2.0)


@pytest.fixture
def report(small, small_report, tmp_path) -> SeedsReport:
    found = []
    for auc, bound in zip(AUCS, BOUNDS, strict=True):
        results = deepcopy(json.loads(to_json(to_results(small_report))))
        for defence in results["defences"]:
            defence["strongest"]["records"]["auc"]["value"] = auc
            defence["epsilon_lower_bound"]["epsilon"] = bound
        (tmp_path / "results.json").write_text(json.dumps(results))
        found.append(read_found(tmp_path))
    asked = {name: getattr(small, name) for name in ("defences", "trials", "candidates", "clients", "signals")}
    return SeedsReport(SeedsSpec(**asked, seeds=(1, 2, 3)), tuple(found), (describe(small_report),) * 3)


def test_a_row_holds_the_mean_of_the_seeds_and_the_median_of_their_bounds(report):
    name, guaranteed, as_if, bound, auc, *_, ratio, accuracy = closing_table(report).rows[1]
    assert (name, guaranteed, bound) == ("fedsz:rel=1e-2", "∞", "2.00 (1.00 to 3.00)")
    assert auc == "0.630 [0.540, 0.720]"  # 0.63 -+ 4.303 * 0.0361 / sqrt(3)
    assert as_if.count("to") == 1
    assert "[" not in ratio  # the copies have one ratio
    assert accuracy.count(",") == 1


def test_bounds_are_never_averaged_and_the_table_says_whose_they_are(report):
    assert {row[3] for row in closing_table(report).rows} == {"2.00 (1.00 to 3.00)"}
    assert "no 95% bound" in closing_table(report).note
    assert any("per run" in column for column in closing_table(report).columns)


def test_bounds_by_canaries_have_a_row_for_each_design_and_null(report):
    assert canary_tables(report) == ()
    kinds = [("directions", unit, rejects) for unit in UNITS for rejects in ("any mechanism", "this family")]
    played = []
    for found, epsilon in zip(report.found, BOUNDS, strict=True):
        known = {"any_mechanism": True, "coins": 6400, "exact": True}
        bounds = [CanaryBound(*kind, EpsilonBound(epsilon, 1e-5, 0.95), 7.0, None, **known) for kind in kinds]
        undefended = replace(found.defences[0], canary_bounds=tuple(bounds))
        played.append(replace(found, defences=(undefended, *found.defences[1:])))
    tables = canary_tables(replace(report, found=tuple(played)))
    assert [table.title.partition(", ")[2] for table in tables] == ["for one record", "for one client"]
    for unit, table in zip(UNITS, tables, strict=True):
        first, second = table.rows
        assert first == ("none", "directions", "any mechanism", "2.00 (1.00 to 3.00)", "7.00", "exact")
        assert second[2] == "this family"
        assert any(unit in column for column in table.columns)


def test_only_rates_that_every_seed_resolves_are_shown(report):
    assert strictest_statistic(report) == "tpr at fpr 0.1"
    del report.found[0].defences[0].strongest["records"].tpr_at_fpr[0.1]
    del report.found[0].defences[0].strongest["records"].tpr_difference[0.1]
    assert strictest_statistic(report) == "advantage"


def test_differences_are_of_defences_alone(report):
    assert [row[0] for row in difference_table(report).rows] == ["fedsz:rel=1e-2", "fedsz:rel=3e-1"]


def test_tables_on_disk_hold_a_row_for_each_statistic(report):
    means, seeds = mean_rows(report), seed_rows(report)
    assert len(seeds) == 3 * len(means)
    assert {row["seed"] for row in seeds} == {1, 2, 3}
    assert all(row["low"] <= row["value"] <= row["high"] for row in means)


def test_the_frame_has_what_the_results_have(report):
    frame, results = require_tidy(report), seeds_results(report)
    for found, (_, row) in zip(results["defences"], frame.iterrows(), strict=True):
        mean = found["strongest"][RECORDS]["auc"]["mean"]
        assert [row[f"measured_auc{end}"] for end in ("", "_low", "_high")] == list(mean.values())[:3]
        assert row["ratio"] == found["ratio"]["value"]
        assert row["measured_epsilon_lower_bound_greatest"] == max(found["epsilon_lower_bounds"])


def test_the_figure_is_drawn_in_a_column_of_a_paper(report):
    require_drawn_where_asked(seeds_figure, report, panels=3)


def test_the_page_is_laid_out_and_the_question_read_again(report, tmp_path):
    folder = open_run(tmp_path / "run", to_plain("audit", report.spec))
    page = write_seeds(report, folder)
    assert "seed-3/report.html" in page.read_text()
    assert read_question(folder.path, "audit", SeedsSpec) == report.spec
    picture = (folder.path / "figures" / "seeds.png").read_bytes()
    made = json.loads((folder.path / "report.json").read_text())["made"]
    assert to_html(make_page(report), {"seeds": picture}, made) == page.read_text()


def test_results_of_another_form_are_one_line(tmp_path):
    (tmp_path / "results.json").write_text('{"metric": "accuracy"}')
    with pytest.raises(InputError, match="holds no results of an audit"):
        read_found(tmp_path)
