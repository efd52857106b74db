"""What every figure must be that is drawn where a reader wants it."""

from collections.abc import Callable, Iterator
from inspect import signature
from itertools import combinations
from typing import Any
from unittest.mock import patch

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from analysis.reporting.canvas import Canvas
from analysis.reporting.style import COLUMN, house_style, paper_style

POINTS = 72
"""Points of an inch."""

WITHOUT_WIDTH = ("None", "none", "", " ", "|", "_")
"""Markers that an edge cuts nothing of that is seen: none, and the ends of intervals."""


def overlap(figure: Figure) -> list[tuple[str, str]]:
    """Return the texts of a drawn figure that stand on one another, and the markers that are cut.

    Numbers at axes stand on one another too where no letter would have room between them. No text may be cut off.
    """
    figure.draw_without_rendering()
    texts = [text for canvas in (figure, *figure.subfigs) for text in canvas.texts]
    legends = list(figure.legends)
    for panel in figure.axes:
        texts += [panel.title, panel.xaxis.label, panel.yaxis.label]
        legends += [panel.get_legend()] if panel.get_legend() else []
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    numbers = [(text, beside) for panel in figure.axes for text, beside in _numbers(panel)]
    for name, box in boxes + [(text.get_text(), text.get_window_extent()) for text, _ in numbers]:
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, name
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1, name
    boxes += [(text.get_text(), box) for text, box in numbers]
    boxes += [("legend", legend.get_window_extent()) for legend in legends]
    found = [(first, second) for (first, a), (second, b) in combinations(boxes, 2) if a.overlaps(b)]
    return found + [(name, "edge") for panel in figure.axes for name in _cut(panel)]


def require_drawn_where_asked(draw: Callable[..., Canvas], *drawn: Any, panels: int = 1) -> Figure:
    """Return a figure, as wide as a column of a paper, after checking that a function draws on it and on nothing else.

    Nothing in it stands on anything else, nor is cut off, nor in the figure that it makes for a page.
    """
    with paper_style():
        figure = Figure(figsize=(COLUMN, 1.2 + 2.2 * panels), layout="constrained")
        place = {"ax": figure.subplots()} if "ax" in signature(draw).parameters else {"figure": figure}
        with patch.object(Figure, "__init__", side_effect=AssertionError("a figure was made")):
            assert draw(*drawn, **place) is figure
        assert len(figure.axes) >= panels
        assert any(panel.has_data() for panel in figure.axes)
        assert not (found := overlap(figure)), found
    with house_style():
        assert not (found := overlap(draw(*drawn))), found
    return figure


def _numbers(panel: Axes) -> Iterator[tuple[Text, Bbox]]:
    """Yield what stands at the axes of a panel with the room that it needs: a letter more where it is in a line."""
    for text in _labels(panel.xaxis):
        box, letter = text.get_window_extent(), text.get_fontsize() * panel.figure.dpi / POINTS
        letter = 0 if text.get_rotation() else letter
        yield text, Bbox.from_extents(box.x0 - letter / 2, box.y0, box.x1 + letter / 2, box.y1)
    for text in _labels(panel.yaxis):
        yield text, text.get_window_extent()


def _labels(axis: Axis) -> list[Text]:
    low, high = sorted(axis.get_view_interval())
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()] if axis.get_visible() else []
    shown = [tick.label1 for tick in ticks if low <= tick.get_loc() <= high and tick.label1.get_visible()]
    return [text for text in shown if text.get_text()]


def _cut(panel: Axes) -> Iterator[str]:
    """Yield the names of lines whose markers are cut by an edge of a panel."""
    room = panel.bbox
    for line in panel.get_lines():
        if line.get_marker() in WITHOUT_WIDTH or not line.get_clip_on():
            continue
        places = panel.transData.transform(np.column_stack(line.get_data()).astype(float))
        half = line.get_markersize() * panel.figure.dpi / POINTS / 2
        low, high = np.array([room.x0, room.y0]), np.array([room.x1, room.y1])
        seen = places[((places >= low) & (places <= high)).all(axis=1)]
        if ((seen - half < low) | (seen + half > high)).any():
            yield str(line.get_label())
