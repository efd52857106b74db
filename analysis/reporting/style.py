"""One look for all figures, and the file that they become."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # noqa: F401  # an example draws on one
from numpy.typing import NDArray

from analysis.reporting.canvas import Canvas
from analysis.reporting.formats import Format, formats

RULES: Any = {"axes.titlesize": "medium", "figure.titleweight": "bold", "savefig.dpi": 130}

COLUMN = 3.3
"""Width of a column of a paper, in inches."""

PAPER = 0.76
"""Size of letters in a column, over that of seaborn's context of papers: 7.3 points, 6.7 at ticks and in legends."""

FINE: Any = {"lines.markersize": 3.5, "lines.linewidth": 1.0, "savefig.dpi": 300, "figure.titlesize": "medium"}

UNDATED: Mapping[Format, dict[str, None]] = {
    Format.PNG: {},
    Format.SVG: {"Date": None},
    Format.PDF: {"CreationDate": None},
}
"""What is left out of each format, so that a figure has the same bytes whenever it is drawn."""

ROUND = 0.07
"""Room beyond the ends of an axis from zero on, over what is highest: markers there would be cut."""

MARKERS = "os^DvPX"
LINES = ("-", "--", "-.", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (8, 2, 1, 2, 1, 2)))
"""As many line styles as markers, a number that shares no divisor with the ten colours: 70 pairs before one returns."""


@dataclass(frozen=True)
class Look:
    """How a series is drawn: told from all others by its colour with its marker, or with its line style."""

    colour: tuple[float, float, float]
    marker: str
    line: Any


def looks(count: int) -> list[Look]:
    """Return the looks of so many series, colour-blind-safe."""
    colours = sns.color_palette("colorblind")
    return [
        Look(colours[number % len(colours)], MARKERS[number % len(MARKERS)], LINES[number % len(LINES)])
        for number in range(count)
    ]


@contextmanager
def house_style() -> Iterator[None]:
    """Apply one look to all figures, colour-blind-safe, and leave global settings as they were."""
    with sns.axes_style("whitegrid"), sns.plotting_context("notebook"), mpl.rc_context(RULES):
        yield


@contextmanager
def paper_style() -> Iterator[None]:
    """Apply the same look with letters, marks and lines for figures as wide as a column of a paper, `COLUMN` inches.

    Examples
    --------
    >>> with paper_style():
    ...     figure = Figure(figsize=(COLUMN, 2), layout="constrained")
    ...     _ = figure.subplots().set_xlabel("round")
    >>> figure.axes[0].xaxis.label.get_size() < 8
    True
    """
    with sns.axes_style("whitegrid"), sns.plotting_context("paper", font_scale=PAPER), mpl.rc_context(RULES | FINE):
        yield


def side_by_side(count: int, room: float) -> NDArray[np.float64]:
    """Return by how much each of so many points of one place is moved, so that none hides another.

    Parameters
    ----------
    count : int
        How many stand side by side.
    room : float
        The room that they share, in units of the axis, or in decades of a logarithmic one.
    """
    return room * (np.arange(count) - (count - 1) / 2) / count


def rise_from_zero(panel: Axes, least: float = 0.0) -> None:
    """Start the vertical axis at zero, so that a small difference looks small, with room for marks at its ends.

    Parameters
    ----------
    panel : Axes
        What has all that it shows.
    least : float
        A value that the axis reaches whatever it shows.
    """
    highest = max(least, panel.dataLim.y1)
    panel.set_ylim(0 if panel.dataLim.y0 > 0 else -ROUND * highest, (1 + ROUND) * highest)


def to_files(figures: Mapping[str, Canvas]) -> dict[str, str | bytes]:
    """Return figures by their path in the folder of a run, in each of `formats`."""
    return {f"figures/{name}.{each}": to_bytes(figure, each) for name, figure in figures.items() for each in formats()}


def to_bytes(figure: Canvas, chosen: Format = Format.PNG) -> bytes:
    """Return a figure as a file, the same bytes for the same figure."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "fedsz-privacy"}):
        figure.get_figure(root=True).savefig(buffer, format=chosen.value, metadata=UNDATED[chosen])
    return buffer.getvalue()
