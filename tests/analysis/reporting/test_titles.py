"""Titles, legends and labels of figures stand on nothing else, wherever they are drawn."""

import pytest
from drawing import overlap
from matplotlib.figure import Figure

from analysis.reporting.canvas import lay_out, new_panel
from analysis.reporting.legends import add_legend
from analysis.reporting.style import COLUMN, house_style, paper_style
from analysis.reporting.titles import finish_panel, wrapped


def empty(width: float) -> Figure:
    return Figure(figsize=(width, 4), layout="constrained")


LONG = "defence, and its compression ratio (original / compressed bytes)"


def drawn(figure: Figure) -> Figure:
    """Draw two panels with long names."""
    for panel in lay_out(figure, 2, 2):
        panel.plot([0, 1], [0, 1], label="gaussian:eps=8,clip=1+fedsz:abs=0.5sigma")
        panel.plot([0, 1], [1, 0], label="none")
        panel.set(title=LONG, xlabel=LONG, ylabel="true positive rate")
    add_legend(figure, figure.axes[0].get_legend_handles_labels(), title="defence")
    figure.suptitle(f"{LONG}, {LONG}")
    return figure


def test_nothing_stands_on_anything_else_in_a_column_of_a_paper():
    with paper_style():
        assert overlap(wrapped(drawn(empty(COLUMN)))) == []


def test_without_wrapping_texts_would_be_cut_off():
    """Negative control."""
    with paper_style(), pytest.raises(AssertionError):
        overlap(drawn(empty(COLUMN)))


def test_a_title_gives_way_to_a_legend_of_long_names_beside_the_panels():
    """A title in the middle of the figure ran into the legend; the drawing before is the control."""
    with house_style():
        figure = empty(12)
        panel = figure.subplots()
        panel.plot([0, 1], [0, 1], label="fedsz:rel=1e-2,compressor=nopred, measured")
        add_legend(figure, panel.get_legend_handles_labels(), title="release")
        figure.suptitle("The deciding experiment: two neighbours through the codec")
        assert overlap(figure) != []
        assert overlap(wrapped(figure)) == []


def test_a_title_stays_in_the_middle_above_a_legend_below_the_panels():
    with house_style():
        panel = new_panel(None, 12, 4)
        panel.plot([0, 1], [0, 1], label="fedsz:rel=1e-2,compressor=nopred, measured, and much more than that")
        figure = finish_panel(panel, None, "What it costs to hide a client in noise", loc="outside lower center")
        figure.draw_without_rendering()
    (title,) = (text for text in figure.texts if text.get_text())
    assert title.get_horizontalalignment() == "center"


def test_a_panel_that_is_given_has_its_legend_below_and_no_figure_is_made():
    with paper_style():
        figure = empty(COLUMN)
        panel = figure.subplots()
        panel.plot([0, 1], [0, 1], label="a line")
        panel.set(xlabel=LONG)
        assert new_panel(panel, 10, 5) is panel
        assert finish_panel(panel, panel, "a title", title="defence") is figure
        assert overlap(figure) == []
    assert not figure.legends
    assert panel.get_legend().get_window_extent().y1 < panel.bbox.y0


def test_a_figure_of_its_own_is_titled_and_has_its_legend_beside():
    with house_style():
        panel = new_panel(None, 10, 5)
        panel.plot([0, 1], [0, 1], label="a line")
        figure = finish_panel(panel, None, "a title", title="defence")
    assert figure.get_suptitle() == "a title"
    assert len(figure.legends) == 1
    assert tuple(figure.get_size_inches()) == (10, 5)
