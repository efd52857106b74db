from dataclasses import replace

import numpy as np
import pytest

from analysis.reporting.style import house_style
from analysis.studies.audit.presentation.figures import FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_is_titled_and_has_units_and_the_figure_a_legend(small_report, name):
    with house_style():
        figure = FIGURES[name](small_report)
    assert figure.get_suptitle()
    assert figure.legends
    for panel in figure.axes:
        assert panel.get_title()
        assert panel.get_xlabel()


def test_drawn_intervals_are_the_reports(small_report):
    with house_style():
        figure = FIGURES["leakage_against_ratio"](small_report)
    container = figure.axes[0].containers[0]
    drawn = container.lines[0].get_ydata()
    expected = [verdict.measured["loss"].auc.value for verdict in small_report.verdicts.values()]
    assert np.allclose(drawn, expected)


def test_more_signals_than_colours_are_drawn(small_report):
    names = [f"signal {number}" for number in range(15)]
    (verdict, *_) = small_report.verdicts.values()
    (leakage, *_) = verdict.measured.values()
    groups = {group: dict.fromkeys(names, leakage) for group in verdict.groups}
    verdicts = {name: replace(each, groups=groups) for name, each in small_report.verdicts.items()}
    scores = {name: dict.fromkeys(names, next(iter(each.values()))) for name, each in small_report.scores.items()}
    figure = FIGURES["leakage_against_ratio"](replace(small_report, verdicts=verdicts, scores=scores))
    looks = [(bar[0].get_color(), bar[0].get_marker()) for bar in figure.axes[0].containers]
    assert len(set(looks)) == 15
