"""What a figure is drawn on: one of its own, or what a reader has, such as a column of a paper."""

from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

Canvas = Figure | SubFigure
"""A figure, or a part of one."""

WIDE = 6.0
"""Inches from which a legend stands beside the panels, and no text is wrapped."""

ROOM = 2.6
"""Least inches of a panel that has another one beside it."""


APART = 0.08
"""Inches beside panels, twice what matplotlib has: the number under the end of one touched that of the next."""


def new_canvas(given: Canvas | None, width: float, height: float) -> Canvas:
    """Return what was given, or an empty figure of so many inches."""
    return given or Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=APART))


def new_panel(given: Axes | None, width: float, height: float) -> Axes:
    """Return what was given, or the one panel of a figure of so many inches."""
    return given or new_canvas(None, width, height).subplots()


def width_of(canvas: Canvas) -> float:
    """Return the width of a figure, in inches."""
    return float(canvas.bbox.width / canvas.dpi)


def is_wide(canvas: Canvas) -> bool:
    """Return whether there is room for a legend beside the panels."""
    return width_of(canvas) >= WIDE


def columns_of(canvas: Canvas, panels: int) -> int:
    """Return how many of so many panels have room beside one another."""
    return max(1, min(panels, int(width_of(canvas) / ROOM)))


def lay_out(canvas: Canvas, panels: int, columns: int, **shared: Any) -> list[Axes]:
    """Return so many panels, line by line, in so many columns or as many as there is room for.

    Parameters
    ----------
    canvas : Figure or SubFigure
        Where to draw.
    panels, columns : int
        How many panels, and how many of them beside one another at the most.
    **shared
        As ``subplots`` takes them; the widths of columns only matter if all panels have room in one line.
    """
    columns = min(columns, columns_of(canvas, panels))
    if columns < panels:
        shared.pop("width_ratios", None)
    grid = canvas.subplots(ceil(panels / columns), columns, squeeze=False, **shared)
    for spare in grid.flat[panels:]:
        spare.remove()
    return list(grid.flat[:panels])


def is_first(panel: Axes) -> bool:
    """Return whether a panel is the first of its line."""
    place = panel.get_subplotspec()
    return bool(place and place.is_first_col())
