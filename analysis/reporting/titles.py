"""The last that is done to a figure: its title and legend, and texts as wide as they may be."""

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from analysis.reporting.canvas import Canvas, is_wide, width_of
from analysis.reporting.legends import BESIDE, add_legend, legend_below, legend_inches
from analysis.reporting.lettering import BOLD, INCH, LETTER, fit_numbers, fit_panel, points_of, wrap


def finish_panel(panel: Axes, given: Axes | None, suptitle: str = "", title: str = "", **more: Any) -> Canvas:
    """Return the figure of a panel, titled, with a legend of a title: within the panel where that was given."""
    canvas = panel.figure
    if given is not None:
        fit_panel(panel)
        fit_numbers(panel)
        legend_below(panel, title, more.get("markerscale"))
        return canvas
    add_legend(canvas, panel.get_legend_handles_labels(), title=title, **more)
    if suptitle:
        canvas.suptitle(suptitle)
    return wrapped(canvas)


def wrapped(canvas: Canvas) -> Canvas:
    """Return a figure whose titles and labels have as many lines as they need.

    Where it is wide and a legend beside the panels would cover the end of the title, the title stands on the left.
    """
    if is_wide(canvas):
        _keep_title_clear(canvas)
        for panel in canvas.axes:
            wrap(panel.yaxis.label, panel.bbox.height / canvas.dpi)
    else:
        for panel in canvas.axes:
            fit_panel(panel)
            fit_numbers(panel)
        for text in canvas.texts:
            wrap(text, width_of(canvas) * LETTER / BOLD)
    return canvas


def _keep_title_clear(canvas: Canvas) -> None:
    title, width = canvas.get_suptitle(), width_of(canvas)
    beside = [legend for legend in canvas.legends if legend.get_gid() == BESIDE]
    labels = [text.get_text() for legend in beside for text in (legend.get_title(), *legend.get_texts())]
    taken = legend_inches(labels) if labels else 0
    half = len(title) * BOLD * points_of(mpl.rcParams["figure.titlesize"]) / INCH / 2
    if taken and half + taken > width / 2:
        canvas.suptitle(title, x=0.01, horizontalalignment="left")
    for text in canvas.texts:
        is_title = text.get_text() == title
        wrap(text, (width - taken) * LETTER / BOLD if is_title else width)
