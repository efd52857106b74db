"""Figures on a figure of their own, and on what a reader has."""

import pytest
from matplotlib.figure import Figure

from analysis.reporting.canvas import columns_of, lay_out
from analysis.reporting.style import COLUMN


def empty(width: float) -> Figure:
    return Figure(figsize=(width, 4), layout="constrained")


@pytest.mark.parametrize(("width", "columns"), [(COLUMN, 1), (6.75, 2), (16, 4)])
def test_panels_stand_beside_one_another_where_there_is_room(width, columns):
    figure = empty(width)
    panels = lay_out(figure, 4, 4, sharey=True, width_ratios=(3, 3, 2, 2))
    assert len(panels) == len(figure.axes) == 4
    places = {round(panel.get_position().x0, 3) for panel in panels}
    assert len(places) == columns == columns_of(figure, 4)


def test_a_part_of_a_figure_is_as_wide_as_it_is():
    left, _ = empty(8).subfigures(1, 2)
    assert columns_of(left, 4) == 1


def test_spare_places_are_left_empty():
    figure = empty(16)
    assert len(lay_out(figure, 5, 3)) == len(figure.axes) == 5
