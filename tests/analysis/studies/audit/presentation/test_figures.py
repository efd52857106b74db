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
