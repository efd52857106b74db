"""What a figure is drawn on: one of its own, or what a reader has, such as a column of a paper."""

import re
import textwrap
from collections.abc import Sequence
from math import ceil
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties, font_scalings
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

Canvas = Figure | SubFigure
"""A figure, or a part of one."""

Shown = tuple[list[Any], list[str]]
"""What a legend shows, and its names."""

WIDE = 6.0
"""Inches from which a legend stands beside the panels, and no text is wrapped."""

BESIDE = "outside right upper"
"""Where a legend stands that has room beside the panels."""

ROOM = 2.6
"""Least inches of a panel that has another one beside it."""

SMALLEST = 6.0
"""Least size of letters, in points."""

MARKER = 6.0
"""Size of the markers that sizes of lines and markers were chosen beside, in points."""

LINE = 18
"""Letters of a line of a name, about."""

INCH = 72
"""Points of an inch."""

LETTER, BOLD = 0.52, 0.62
"""Mean widths of a letter over its size."""


def new_canvas(given: Canvas | None, width: float, height: float) -> Canvas:
    """Return what was given, or an empty figure of so many inches."""
    return given or Figure(figsize=(width, height), layout="constrained")


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


def scaled(points: float) -> float:
    """Return the size of a marker or a line in the style that is applied, in points."""
    return points * float(mpl.rcParams["lines.markersize"]) / MARKER


def turned(panel: Axes) -> int:
    """Return the angle of names under a panel, which stand upright where there is no room beside one another."""
    return 0 if panel.bbox.width / panel.figure.dpi >= ROOM else 90


def name_rows(panel: Axes, names: Sequence[str]) -> None:
    """Name the rows of a panel, the first above, each in as many lines as it needs where there is little room."""
    labels = list(names) if is_wide(panel.figure) else [_broken(name) for name in names]
    panel.set_yticks(range(len(labels)), labels=labels)
    panel.set_ylim(len(labels) - 0.5, -0.5)


def _broken(name: str) -> str:
    """Return a name in lines of about `LINE` letters, broken before a plus and after a comma."""
    lines = [""]
    for part in re.split(r"(?=\+)|(?<=,)", name):
        joined = len(lines[-1] + part) <= LINE
        lines = [*lines[:-1], lines[-1] + part] if joined else [*lines, part]
    return "\n".join(filter(None, lines))


def letters(size: str) -> float:
    """Return a size of letters such as ``x-small`` in points, but no smaller than can be read."""
    return max(SMALLEST, float(mpl.rcParams["font.size"]) * font_scalings[size])


def add_legend(canvas: Canvas, shown: Shown, title: str = "", **more: Any) -> None:
    """Put a legend beside all panels, or below them where there is no room beside."""
    handles, labels = shown
    if is_wide(canvas):
        place = {"loc": BESIDE} | more
        canvas.legend(handles, labels, title=title or None, **place).set_gid(place["loc"])
        return
    below = {"loc": "outside lower center", "ncols": _legend_columns(labels, width_of(canvas)), "columnspacing": 1.0}
    canvas.legend(handles, labels, title=title or None, **more | below)


def _legend_columns(labels: Sequence[str], inches: float) -> int:
    """Return how many columns of a legend have room beside one another."""
    return max(1, min(len(labels), int(inches / _legend_inches(labels))))


def _legend_inches(labels: Sequence[str]) -> float:
    """Return about how wide a legend of one column is."""
    size = _points(mpl.rcParams["legend.fontsize"])
    return (max(map(len, labels), default=0) * LETTER * size + 4 * size) / INCH


def _points(size: float | str) -> float:
    """Return a size of letters of the style that is applied in points."""
    return float(FontProperties(size=size).get_size_in_points())


def handles_of(canvas: Canvas) -> Shown:
    """Return what the legend of all panels has, and its names."""
    found = [panel.get_legend_handles_labels() for panel in canvas.axes]
    return [each for handles, _ in found for each in handles], [each for _, labels in found for each in labels]


def finish_panel(panel: Axes, given: Axes | None, suptitle: str = "", title: str = "", **more: Any) -> Canvas:
    """Return the figure of a panel, titled, with a legend of a title: within the panel where that was given."""
    canvas = panel.figure
    if given is not None:
        _fit_panel(panel)
        _legend_below(panel, title, more.get("markerscale"))
        return canvas
    add_legend(canvas, panel.get_legend_handles_labels(), title=title, **more)
    if suptitle:
        canvas.suptitle(suptitle)
    return wrapped(canvas)


def _legend_below(panel: Axes, title: str, markerscale: float | None) -> None:
    """Put a legend under the label of a panel, where it hides nothing."""
    canvas, shown = panel.figure, panel.get_legend_handles_labels()
    lowest = panel.xaxis.get_tightbbox()
    below = (panel.bbox.y0 - lowest.y0) / canvas.dpi if lowest else 0
    panel.legend(
        *shown,
        title=title or None,
        markerscale=markerscale,
        loc="upper center",
        ncols=_legend_columns(shown[1], panel.bbox.width / canvas.dpi),
        bbox_to_anchor=(0.5, 0),
        bbox_transform=panel.transAxes + ScaledTranslation(0, -below, canvas.dpi_scale_trans),
    )


def wrapped(canvas: Canvas) -> Canvas:
    """Return a figure whose titles and labels have as many lines as they need where it is narrow.

    Where it is wide and a legend beside the panels would cover the end of the title, the title stands on the left.
    """
    if is_wide(canvas):
        _keep_title_clear(canvas)
    else:
        for panel in canvas.axes:
            _fit_panel(panel)
        for text in canvas.texts:
            _wrap(text, width_of(canvas) * LETTER / BOLD)
    return canvas


def _keep_title_clear(canvas: Canvas) -> None:
    title = canvas.get_suptitle()
    beside = [legend for legend in canvas.legends if legend.get_gid() == BESIDE]
    labels = [text.get_text() for legend in beside for text in legend.get_texts()]
    half = len(title) * BOLD * _points(mpl.rcParams["figure.titlesize"]) / INCH / 2
    if title and labels and half + _legend_inches(labels) > width_of(canvas) / 2:
        canvas.suptitle(title, x=0.01, horizontalalignment="left")


def _fit_panel(panel: Axes) -> None:
    width, height = panel.bbox.width / panel.figure.dpi, panel.bbox.height / panel.figure.dpi
    for text, room in ((panel.title, width), (panel.xaxis.label, width), (panel.yaxis.label, height)):
        _wrap(text, room)


def _wrap(text: Text, inches: float) -> None:
    most = max(1, int(inches * INCH / (LETTER * float(text.get_fontsize()))))
    lines = [textwrap.fill(line, most, break_long_words=False) for line in text.get_text().split("\n")]
    text.set_text("\n".join(lines))
