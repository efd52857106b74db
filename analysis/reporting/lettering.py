"""Letters of figures: their sizes, and names and labels in as many lines as they need."""

import re
import textwrap
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, font_scalings
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator

from analysis.reporting.canvas import ROOM, is_wide

SMALLEST = 6.0
"""Least size of letters, in points."""

MARKER = 6.0
"""Size of the markers that sizes of lines and markers were chosen beside, in points."""

LINE = 18
"""Letters of a line of a name, about."""

NUMBER, MOST_NUMBERS = 5.2, 9
"""Room of a number below a panel over the size of its letters, and how many distances between them are enough."""

INCH = 72
"""Points of an inch."""

LETTER, BOLD = 0.52, 0.62
"""Mean widths of a letter over its size."""


def scaled(points: float) -> float:
    """Return the size of a marker or a line in the style that is applied, in points."""
    return points * float(mpl.rcParams["lines.markersize"]) / MARKER


def letters(size: str) -> float:
    """Return a size of letters such as ``x-small`` in points, but no smaller than can be read."""
    return max(SMALLEST, float(mpl.rcParams["font.size"]) * font_scalings[size])


def points_of(size: float | str) -> float:
    """Return a size of letters of the style that is applied in points."""
    return float(FontProperties(size=size).get_size_in_points())


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


def fit_panel(panel: Axes) -> None:
    """Break the title and the labels of a panel into lines that have room."""
    width, height = panel.bbox.width / panel.figure.dpi, panel.bbox.height / panel.figure.dpi
    for text, room in ((panel.title, width), (panel.xaxis.label, width), (panel.yaxis.label, height)):
        wrap(text, room)


def fit_numbers(panel: Axes) -> None:
    """Have as many numbers below a panel as have room: matplotlib takes each to be no wider than three letters."""
    if isinstance(panel.xaxis.get_major_locator(), AutoLocator):
        points = panel.bbox.width / panel.figure.dpi * INCH
        room = int(points / (NUMBER * points_of(mpl.rcParams["xtick.labelsize"])))
        panel.locator_params(axis="x", nbins=max(1, min(room, MOST_NUMBERS)))


def wrap(text: Text, inches: float) -> None:
    """Break a text into lines of about so many inches."""
    most = max(1, int(inches * INCH / (LETTER * float(text.get_fontsize()))))
    lines = [textwrap.fill(line, most, break_long_words=False) for line in text.get_text().split("\n")]
    text.set_text("\n".join(lines))
