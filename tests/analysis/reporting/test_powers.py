"""Numbers at logarithmic axes have room beside one another, however wide the axis and whatever it shows."""

import numpy as np
import pytest
from drawing import overlap
from hypothesis import given, settings
from hypothesis.strategies import floats
from matplotlib.figure import Figure

from analysis.reporting.canvas import lay_out, new_canvas
from analysis.reporting.powers import label_powers
from analysis.reporting.style import COLUMN, house_style, paper_style


def drawn(width: float, low: float, high: float) -> Figure:
    figure = Figure(figsize=(width, 2.5), layout="constrained")
    panel = figure.subplots()
    panel.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    label_powers(panel.xaxis)
    label_powers(panel.yaxis)
    return figure


def numbers(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.axes[0].get_xticklabels()]


@pytest.mark.parametrize(
    ("width", "low", "high", "labels"),
    [
        (6, 3, 340, ["5", "10", "20", "50", "100", "200"]),
        (1.2, 3, 340, ["10", "100"]),
        (COLUMN, 33, 340, ["50", "100", "200"]),
        (COLUMN, 180, 700, ["200", "300", "400", "500", "600", "700"]),
        (COLUMN, 0.1, 1, ["0.1", "0.2", "0.5", "1"]),
        (COLUMN, 1e-4, 1, ["0.0001", "0.001", "0.01", "0.1", "1"]),
        (COLUMN, 1e-10, 1e-1, ["1e-10", "1e-8", "1e-6", "0.0001", "0.01"]),
        (COLUMN, 1021, 1029, ["1,022", "1,024", "1,026", "1,028"]),
        (COLUMN, 2e6, 3e7, ["2e6", "5e6", "1e7", "2e7"]),
    ],
)
def test_a_logarithmic_axis_has_as_many_numbers_as_there_is_room_for(width, low, high, labels):
    with paper_style():
        assert numbers(drawn(width, low, high)) == labels


@pytest.mark.slow
@settings(max_examples=30)
@given(floats(-12, 9), floats(0.02, 14), floats(2, 12))
def test_no_number_stands_on_another_whatever_is_shown(low, decades, width):
    with paper_style():
        figure = drawn(width, 10**low, 10 ** (low + decades))
        assert overlap(figure) == []
    assert len(numbers(figure)) > 0


def test_a_panel_too_low_for_two_numbers_has_one():
    figure = Figure(figsize=(2, 0.2))
    panel = figure.subplots()
    panel.set(yscale="log", ylim=(0.05, 1))
    label_powers(panel.yaxis)
    assert [text.get_text() for text in panel.get_yticklabels()] == ["1"]


def test_the_powers_of_matplotlib_stood_on_one_another_in_a_column():
    """Negative control."""
    with paper_style():
        figure = Figure(figsize=(COLUMN, 2.5), layout="constrained")
        figure.subplots().set(xscale="log", xlim=(180, 1600))
        assert overlap(figure) != []


def test_the_last_number_of_a_panel_keeps_away_from_the_first_of_the_next():
    """The layout of matplotlib is the control."""
    with house_style():
        plain = Figure(figsize=(14.6, 4.8), layout="constrained")
        for canvas in (house := new_canvas(None, 14.6, 4.8), plain):
            for panel in lay_out(canvas, 3, 3, sharey=True):
                panel.set(xscale="log", xlim=(0.1, 1))
                label_powers(panel.xaxis)
        assert overlap(house) == []
        assert set(overlap(plain)) == {("1", "0.1")}


def test_an_axis_without_room_or_range_has_no_numbers():
    panel = Figure(figsize=(1, 1)).subplots()
    panel.set_xscale("log")
    label_powers(panel.xaxis)
    assert panel.xaxis.get_major_locator().tick_values(1, 1) == []
    assert np.isfinite(panel.get_xticks()).all()
