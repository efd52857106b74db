"""What every figure must be that is drawn where a reader wants it."""

from collections.abc import Callable
from inspect import signature
from typing import Any
from unittest.mock import patch

from matplotlib.figure import Figure

from analysis.reporting.canvas import Canvas
from analysis.reporting.style import COLUMN, paper_style


def overlap(figure: Figure) -> list[tuple[str, str]]:
    """Return the texts of a drawn figure that stand on one another, and those that are cut off."""
    figure.draw_without_rendering()
    shown = [figure.bbox, *(legend.get_window_extent() for legend in figure.legends)]
    texts = [text for text in figure.texts if text.get_text()]
    for panel in figure.axes:
        texts += [panel.title, panel.xaxis.label, panel.yaxis.label]
        shown += [panel.get_legend().get_window_extent()] if panel.get_legend() else []
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    for name, box in boxes:
        assert shown[0].x0 <= box.x0 < box.x1 <= shown[0].x1, name
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
    found = [(a[0], b[0]) for a, b in pairs if a[1].overlaps(b[1])]
    return found + [(name, "legend") for name, box in boxes for each in shown[1:] if box.overlaps(each)]


def require_drawn_where_asked(draw: Callable[..., Canvas], *drawn: Any, panels: int = 1) -> Figure:
    """Return a figure, as wide as a column of a paper, after checking that a function draws on it and on nothing else.

    Nothing in it stands on anything else, nor is cut off.
    """
    with paper_style():
        figure = Figure(figsize=(COLUMN, 1.2 + 2.2 * panels), layout="constrained")
        place = {"ax": figure.subplots()} if "ax" in signature(draw).parameters else {"figure": figure}
        with patch.object(Figure, "__init__", side_effect=AssertionError("a figure was made")):
            assert draw(*drawn, **place) is figure
        assert len(figure.axes) >= panels
        assert any(panel.has_data() for panel in figure.axes)
        assert overlap(figure) == []
    return figure
