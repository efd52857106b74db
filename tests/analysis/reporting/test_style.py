import numpy as np
import pytest
import seaborn as sns
from drawing import overlap
from matplotlib.figure import Figure

from analysis.reporting.formats import Format, written_as
from analysis.reporting.style import LINES, MARKERS, looks, rise_from_zero, side_by_side, to_bytes, to_files


def test_seventy_series_are_told_apart_by_colour_and_marker_and_by_colour_and_line():
    each = looks(70)
    assert len({(look.colour, look.marker) for look in each}) == 70
    assert len({(look.colour, look.line) for look in each}) == 70
    assert np.gcd(len(MARKERS), len(sns.color_palette("colorblind"))) == 1
    assert len(set(LINES)) == len(MARKERS) == len(set(MARKERS))


def test_the_first_series_look_the_same_however_many_follow():
    assert looks(200)[:3] == looks(3)
    assert looks(0) == []


def drawn() -> Figure:
    figure = Figure(figsize=(3.3, 2))
    figure.subplots().plot([0, 1], [1, 0], label="a line")
    return figure


@pytest.mark.parametrize(("chosen", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_a_figure_is_the_same_file_whenever_it_is_drawn(chosen, start):
    first, second = to_bytes(drawn(), Format(chosen)), to_bytes(drawn(), Format(chosen))
    assert first == second
    assert first.startswith(start)


def test_figures_are_written_as_png_and_in_the_format_that_was_asked_for():
    assert list(to_files({"a": drawn()})) == ["figures/a.png"]
    with written_as(Format.SVG):
        assert list(to_files({"a": drawn(), "b": drawn()})) == [
            "figures/a.png", "figures/a.svg", "figures/b.png", "figures/b.svg"
        ]  # fmt: skip
    with written_as(Format.PNG):
        assert list(to_files({"a": drawn()})) == ["figures/a.png"]


def test_points_of_one_place_stand_around_it_at_equal_distances():
    assert side_by_side(1, 0.5).tolist() == [0]
    assert side_by_side(4, 0.4) == pytest.approx([-0.15, -0.05, 0.05, 0.15])


@pytest.mark.parametrize(("values", "least", "ends"), [([2, 3], 0, (0, 3.21)), ([0, 0.5], 1, (-0.07, 1.07))])
def test_an_axis_from_zero_on_has_room_for_the_marks_at_its_ends(values, least, ends):
    figure = Figure(figsize=(3, 2), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 1], values, "o", markersize=5)
    rise_from_zero(panel, least)
    assert panel.get_ylim() == pytest.approx(ends)
    assert overlap(figure) == []
    panel.set_ylim(0, max(values))
    assert overlap(figure) != []
