from dataclasses import replace

import numpy as np
import pytest
from drawing import overlap, require_drawn_where_asked
from matplotlib.figure import Figure

from analysis.reporting.style import COLUMN, house_style, paper_style
from analysis.studies.audit.presentation.figures import FIGURES
from analysis.studies.audit.presentation.frontier import draw_frontier

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_is_titled_and_has_units_and_the_figure_a_legend(small_report, name):
    with house_style():
        figure = FIGURES[name](small_report)
    assert figure.get_suptitle()
    assert figure.legends
    for panel in figure.axes:
        assert panel.get_title()
        assert panel.get_xlabel()


@pytest.mark.parametrize(("name", "panels"), [("roc", 2), ("tradeoff", 4), ("noise", 4), ("leakage_against_ratio", 2)])
def test_a_figure_is_drawn_in_a_column_of_a_paper(small_report, name, panels):
    require_drawn_where_asked(FIGURES[name], small_report, panels=panels)


def test_a_figure_is_drawn_on_a_part_of_another(small_report):
    figure = Figure(figsize=(14, 10), layout="constrained")
    above, below = figure.subfigures(2, 1)
    assert FIGURES["roc"](small_report, above) is above
    assert FIGURES["tradeoff"](small_report, below) is below
    assert (len(above.axes), len(below.axes)) == (len(small_report.spec.signals), 4)
    assert figure.axes == [*above.axes, *below.axes]


def test_the_frontier_is_drawn_on_a_panel(small_report):
    require_drawn_where_asked(draw_frontier, small_report.frontier)


@pytest.mark.parametrize("bits", [0.1, 1, 8])
def test_the_frontier_of_few_releases_has_room_in_a_low_panel(small_report, bits):
    """Its numbers stood on one another, and the frame cut the highest mark."""
    (name, point), *_ = ((name, each) for name, each in small_report.frontier.points.items() if each.mu)
    found = replace(small_report.frontier, points={name: replace(point, bits=bits)})
    with paper_style():
        figure = Figure(figsize=(COLUMN, 2.5), layout="constrained")
        draw_frontier(found, ax=figure.subplots())
        assert overlap(figure) == []


def test_the_best_distribution_of_each_panel_is_drawn_and_named(small_report):
    figure = FIGURES["noise"](small_report)
    named = {text.get_text() for text in figure.legends[0].get_texts()}
    fits = [study.pooled for study in small_report.noise.values() if study and study.scopes]
    assert named >= {"uniform", "laplace", "normal"} | {fit.best.family for fit in fits}
    for panel, fit in zip(figure.axes[: len(fits)], fits, strict=True):
        assert fit.best.family in panel.get_legend_handles_labels()[1]


@pytest.mark.parametrize("sizes", [(340e3, 340e3, 340e3), (340e3, 34e3, 10e3), (2e6, 300e3, 9e3)])
def test_the_cost_of_a_narrow_panel_has_numbers_that_can_be_read(small_report, sizes):
    trials = replace(small_report.trials, sizes=np.broadcast_to(sizes, small_report.trials.sizes.shape))
    with house_style():
        assert overlap(FIGURES["tradeoff"](replace(small_report, trials=trials))) == []


def test_drawn_intervals_are_the_reports(small_report):
    with house_style():
        figure = FIGURES["leakage_against_ratio"](small_report)
    container = figure.axes[0].containers[0]
    drawn = container.lines[0].get_ydata()
    expected = [verdict.measured["loss"].auc.value for verdict in small_report.verdicts.values()]
    assert np.allclose(drawn, expected)


def with_signals(report, count):
    """Return a report of so many signals, all of which read the same."""
    names = [f"signal {number}" for number in range(count)]
    (verdict, *_) = report.verdicts.values()
    (leakage, *_) = verdict.measured.values()
    groups = {group: dict.fromkeys(names, leakage) for group in verdict.groups}
    verdicts = {name: replace(each, groups=groups) for name, each in report.verdicts.items()}
    scores = {name: dict.fromkeys(names, next(iter(each.values()))) for name, each in report.scores.items()}
    return replace(report, verdicts=verdicts, scores=scores)


def with_defences(report, count):
    """Return a report of so many defences, all of which but none do the same."""
    spec = replace(report.spec, defences=tuple(f"fedsz:rel=1.{number:02d}e-3" for number in range(1, count)))
    rows = [min(row, 1) for row in range(count)]
    first = {name: tuple(report.spec.defences)[row] for name, row in zip(spec.defences, rows, strict=True)}
    trials = replace(report.trials, sizes=report.trials.sizes[:, rows], performance=report.trials.performance[:, rows])
    by_name = {
        field: {name: getattr(report, field)[old] for name, old in first.items()}
        for field in ("verdicts", "scores", "noise")
    }
    return replace(report, spec=spec, trials=trials, **by_name)


def test_more_signals_than_colours_are_told_apart_and_keep_to_their_defence(small_report):
    figure = FIGURES["leakage_against_ratio"](with_signals(small_report, 15))
    bars = figure.axes[0].containers
    assert len({(bar[0].get_color(), bar[0].get_marker()) for bar in bars}) == 15
    places = np.array([bar[0].get_xdata() for bar in bars])
    assert (np.abs(places - np.arange(places.shape[1])) < 0.45).all()
    assert (np.diff(places, axis=0) > 0.03).all()


def test_panels_of_many_signals_stand_in_lines_of_four(small_report):
    figure = FIGURES["roc"](with_signals(small_report, 11))
    assert [panel.get_title() for panel in figure.axes] == [f"Signal: signal {number}" for number in range(11)]
    assert len({round(panel.get_position().y0, 3) for panel in figure.axes}) == 3
    assert figure.get_size_inches().max() < 20


@pytest.mark.parametrize("name", FIGURES)
def test_a_dozen_defences_are_told_apart_in_a_figure_that_can_be_read(small_report, name):
    with house_style():
        figure = FIGURES[name](with_defences(small_report, 12))
    assert figure.get_size_inches().max() < 24
    if name == "roc":
        lines = figure.axes[0].get_lines()
        assert len({(line.get_color(), line._unscaled_dash_pattern) for line in lines}) == len(lines) == 13
    if name == "noise":
        titles = [panel.get_title().partition("\n")[0] for panel in figure.axes]
        assert len({title for title in titles if title.startswith("fedsz")}) == 11
