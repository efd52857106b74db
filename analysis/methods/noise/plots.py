"""Drawings of fits to errors on an axis of matplotlib."""

from collections.abc import Iterable

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from analysis.methods.noise.fits import Fit
from analysis.methods.noise.sketch import Sketch
from analysis.reporting.lettering import scaled

STYLES = {
    "uniform": "-",
    "laplace": "--",
    "normal": ":",
    "generalised normal": "-.",
    "student t": (0, (4, 1, 1, 1, 1, 1)),
    "truncated normal": (0, (1, 3)),
}
"""How the density of each family is drawn; an atom has none."""

BARS = 80
MARGIN = 1.15
TAIL = 1e-3


def draw_fits(axis: Axes, sketch: Sketch, fits: Iterable[Fit]) -> None:
    """Draw the histogram of errors and the fitted densities.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    sketch : Sketch
        The errors; all but one in a thousand are in view.
    fits : iterable of Fit
        What was fitted to them; families without a style in `STYLES` are left out.
    """
    below = np.append(0, sketch.histogram.cumsum()) / sketch.elements
    view = MARGIN * float(np.abs(np.interp([TAIL / 2, 1 - TAIL / 2], below, sketch.edges)).max())
    bars, grid = np.linspace(-view, view, BARS + 1), np.linspace(-view, view, 801)
    shares = np.diff(np.interp(bars, sketch.edges, below))
    axis.bar(bars[:-1], shares / np.diff(bars), np.diff(bars), align="edge", color="lightgrey", linewidth=0)
    by_family = {fit.family: fit for fit in fits}
    for family, colour in zip(STYLES, sns.color_palette("colorblind"), strict=False):
        if family in by_family:
            density = by_family[family].distribution.density(grid)
            axis.plot(grid, density, linestyle=STYLES[family], color=colour, linewidth=scaled(2), label=family)
    axis.set(xlim=(-view, view), ylim=(0, 1.35 * float((shares / np.diff(bars)).max())))
