"""The tables of a verdict name defences, the task's metric, and the delta of every epsilon."""

import re
from dataclasses import replace

import pytest

from analysis.methods.curves.neighbours import ADJACENCY
from analysis.methods.guarantee import Guarantee
from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.style import house_style
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.presentation.canary_table import canary_tables
from analysis.studies.audit.presentation.figures import FIGURES
from analysis.studies.audit.presentation.frontier import frontier_table
from analysis.studies.audit.presentation.leakage_tables import difference_table, group_table, leakage_table
from analysis.studies.audit.presentation.tables import (
    as_if_table,
    closing_table,
    cost_table,
    deciding_table,
    guarantee_table,
    noise_table,
)
from analysis.studies.audit.report import describe, make_page
from analysis.studies.audit.results import leakage_rows, noise_rows, summary_rows
from fedsz_privacy.data.tasks import regression
from fedsz_privacy.defences.proof import Unit

TABLES = (
    closing_table,
    guarantee_table,
    as_if_table,
    cost_table,
    noise_table,
    deciding_table,
    leakage_table,
    difference_table,
    group_table,
)


BOUND = CanaryBound("here", Unit.RECORD, "nothing", EpsilonBound(0.0, 1e-5, 0.95), 7.0, 3.0, True, 9, exact=True)


@pytest.fixture
def restated(small_report):
    """The report of a run that asked for another delta, in which every defence has a finite guarantee."""
    delta, verdicts = 1e-7, {}
    for name, verdict in small_report.verdicts.items():
        verdicts[name] = replace(
            verdict,
            guarantee=Guarantee(3.25, delta, "restated for the test"),
            as_if=verdict.as_if and replace(verdict.as_if, delta=delta),
            epsilon_lower_bound=replace(verdict.epsilon_lower_bound, delta=delta),
            canary_bounds=(replace(BOUND, bound=replace(verdict.epsilon_lower_bound, delta=delta)),),
        )
    return replace(small_report, spec=replace(small_report.spec, delta=delta), verdicts=verdicts)


def untold(text):
    """Return the epsilons of a text that no delta follows before the next of them, or the end of the clause."""
    parts = re.split(r"(?=epsilon)", " ".join(text.split()))[1:]
    return [part for part in parts if re.search(r"\d", part) and "delta" not in re.split(r"[;:]", part)[0]]


@pytest.mark.parametrize("make", TABLES)
def test_the_first_column_is_the_defence(small_report, make):
    table = make(small_report)
    assert table.columns[0] == "defence"
    assert {name for row in table.rows for name in row[0].split(", ")} <= set(small_report.spec.defences)


@pytest.mark.parametrize("rows", [summary_rows, leakage_rows, noise_rows])
def test_rows_of_files_name_the_defence_too(small_report, rows):
    assert {row["defence"] for row in rows(small_report)} <= set(small_report.spec.defences)
    assert all("release" not in row for row in rows(small_report))


@pytest.mark.parametrize("make", TABLES)
def test_every_epsilon_of_a_table_has_its_delta(restated, make):
    table = make(restated)
    for column in table.columns:
        told = "delta 1e-7" in column or column.endswith(("\nepsilon at\ndelta 0", "delta at\nany epsilon"))
        assert told or "epsilon" not in column
    for row in table.rows:
        for cell in row:
            assert untold(cell) == []


def test_a_reason_that_several_defences_share_is_told_once(small_report, restated):
    (row,) = guarantee_table(restated).rows
    assert row == (", ".join(restated.verdicts), "3.25", "restated for the test")
    reasons = [each.guarantee.reason for each in small_report.verdicts.values()]
    assert sorted(row[-1] for row in guarantee_table(small_report).rows) == sorted(set(reasons))


def test_an_as_if_figure_has_the_range_of_its_pairs(small_report):
    """It was printed to three digits, where the pairs behind it range over a factor of several."""
    name = next(name for name, verdict in small_report.verdicts.items() if verdict.as_if)
    verdict = small_report.verdicts[name]
    wide = replace(verdict.as_if, laplace_epsilon=38_000, laplace_epsilon_low=12_000, laplace_epsilon_high=90_000)
    report = replace(small_report, verdicts=small_report.verdicts | {name: replace(verdict, as_if=wide)})
    cell = "38,000 (12,000 to 90,000)"
    assert next(row for row in closing_table(report).rows if row[0] == name)[2] == cell
    assert next(row for row in as_if_table(report).rows if row[0] == name)[4] == cell
    assert verdict.as_if.laplace_epsilon_low < verdict.as_if.laplace_epsilon < verdict.as_if.laplace_epsilon_high


def test_dependence_that_is_not_resolvable_is_called_so_in_the_table_of_noise(small_report):
    name, study = next((name, study) for name, study in small_report.noise.items() if study)
    found = replace(study.pooled.dependence, explained=0.02, explained_shortfall=9.0)
    blurred = replace(study, pooled=replace(study.pooled, dependence=found))
    rows = noise_table(replace(small_report, noise=small_report.noise | {name: blurred})).rows
    assert next(row for row in rows if row[:2] == (name, "pooled"))[-2] == "not resolvable"


def test_the_figure_of_epsilons_says_its_delta(restated):
    with house_style():
        figure = FIGURES["tradeoff"](restated)
    assert figure.axes[1].get_xlabel() == "epsilon at delta 1e-7"
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert all(label.endswith("guaranteed epsilon 3.25 at delta 1e-7\nfor one record") for label in labels)
    assert figure.axes[2].get_xlabel() == "test accuracy,\n95% interval"
    assert figure.axes[2].get_xlim()[0] == 0
    assert figure.axes[3].get_xscale() == "log"


def test_performance_goes_by_the_name_of_the_tasks_metric(small_report):
    pool = replace(small_report.game.pool, task=regression())
    report = replace(small_report, game=replace(small_report.game, pool=pool))
    assert closing_table(report).columns[-1] == cost_table(report).columns[-1] == "mean absolute error"
    assert closing_table(small_report).columns[-1] == cost_table(small_report).columns[-1] == "accuracy"


def test_the_words_for_what_was_not_found_are_the_fields(small_report):
    assert difference_table(small_report).columns.count("minimum detectable difference") == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "4 epochs of SGD, batch size 10, learning rate 0.2"),
        (
            {"optimizer": "adamw", "weight_decay": 1e-5},
            "4 epochs of AdamW, batch size 10, learning rate 0.2, weight decay 1e-5",
        ),
        ({"training": "copy:copy", "epochs": 5, "learning_rate": 0.1}, "the function copy:copy"),
    ],
)
def test_the_page_tells_how_clients_train(small_report, change, told):
    setting = describe(replace(small_report, spec=replace(small_report.spec, **change)))
    assert setting["Training"] == told
    assert setting["Adjacency of as-if figures"].startswith(ADJACENCY)
    assert setting["Delta"].startswith("1e-5")


def test_the_page_shows_every_table_and_every_figure_that_is_drawn(small_report):
    page = make_page(small_report)
    titles = {part.title for part in page.body if part.kind == "table"}
    told = {make(small_report).title for make in TABLES}
    assert titles == told | {frontier_table(small_report.frontier).title}
    assert {picture.name for picture in page.pictures} == {*FIGURES, "frontier"}
    quiet = make_page(replace(small_report, noise=dict.fromkeys(small_report.noise), frontier=None))
    assert {picture.name for picture in quiet.pictures} == set(FIGURES) - {"noise"}


def test_the_closing_table_marks_a_claim_and_says_what_that_is(small_report, restated):
    claims = {
        name: replace(verdict, guarantee=replace(verdict.guarantee, claimed=True))
        for name, verdict in restated.verdicts.items()
    }
    marked = closing_table(replace(restated, verdicts=claims))
    assert {row[1] for row in marked.rows} == {"3.25, claimed"}
    assert "not checked" in marked.note
    assert {row[1] for row in closing_table(restated).rows} == {"3.25"}
    assert "claimed" not in closing_table(small_report).note


def test_epsilons_of_two_units_of_privacy_stand_in_columns_of_their_own(restated):
    """The tables, and the figure of one record's epsilons: there a guarantee for one client has no mark."""
    name = list(restated.verdicts)[-1]
    for_client = replace(restated.verdicts[name].guarantee, epsilon=8.0, unit=Unit.CLIENT)
    verdicts = restated.verdicts | {name: replace(restated.verdicts[name], guarantee=for_client)}
    report = replace(restated, verdicts=verdicts)
    table = closing_table(report)
    units = [column.split("\n")[2] for column in table.columns if column.startswith("guaranteed")]
    assert units == ["one record", "one client"]
    by_unit = [dict(zip(units, row[1:3], strict=True)) for row in table.rows]
    assert by_unit[-1] == {"one record": "-", "one client": "8"}
    assert by_unit[0] == {"one record": "3.25", "one client": "-"}
    assert guarantee_table(report).rows[-1][:3] == (name, "-", "8")
    epsilons = [{key: row[key] for key in row if key.startswith("guaranteed_epsilon")} for row in summary_rows(report)]
    assert epsilons[-1] == {"guaranteed_epsilon_client": 8.0}
    assert set(epsilons[0]) == {"guaranteed_epsilon_record"}
    with house_style():
        marks = {line.get_label(): line for line in FIGURES["tradeoff"](report).axes[1].get_lines()}
    assert len(marks["at most (guaranteed)"].get_xdata()) == len(report.verdicts) - 1


def test_what_canaries_prove_of_a_client_is_not_told_beside_what_is_measured_of_records(restated):
    name, verdict = next(iter(restated.verdicts.items()))
    of_client, of_record = (replace(BOUND, unit=unit) for unit in (Unit.CLIENT, Unit.RECORD))
    for bounds, told in (((of_client,), False), ((of_client, of_record), True)):
        report = replace(restated, verdicts={name: replace(verdict, canary_bounds=bounds)})
        assert Unit.CLIENT not in " ".join(closing_table(report).columns)
        assert ("canary_epsilon_lower_bound_epsilon" in summary_rows(report)[0]) is told


def test_canaries_of_two_units_have_tables_of_their_own(restated):
    name, verdict = next(iter(restated.verdicts.items()))
    both = replace(verdict, canary_bounds=tuple(replace(BOUND, unit=unit) for unit in (Unit.CLIENT, Unit.RECORD)))
    tables = canary_tables(replace(restated, verdicts={name: both}))
    assert [table.title for table in tables] == [
        f"White-box audit by canaries, for {unit}" for unit in ("one record", "one client")
    ]
    assert [len(table.rows) for table in tables] == [1, 1]
    assert [row[-2] for table in tables for row in table.rows] == ["3.25", "-"]
