"""Legends of figures: beside the panels where there is room, below them where there is none."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from analysis.reporting.canvas import Canvas, is_wide, width_of
from analysis.reporting.lettering import INCH, LETTER, points_of

Shown = tuple[list[Any], list[str]]
"""What a legend shows, and its names."""

BESIDE = "outside right upper"
"""Where a legend stands that has room beside the panels."""


def add_legend(canvas: Canvas, shown: Shown, title: str = "", **more: Any) -> None:
    """Put a legend beside all panels, or below them where there is no room beside."""
    handles, labels = shown
    if is_wide(canvas):
        place = {"loc": BESIDE} | more
        canvas.legend(handles, labels, title=title or None, **place).set_gid(place["loc"])
        return
    below = {"loc": "outside lower center", "ncols": _legend_columns(labels, width_of(canvas)), "columnspacing": 1.0}
    canvas.legend(handles, labels, title=title or None, **more | below)


def handles_of(canvas: Canvas) -> Shown:
    """Return what the legend of all panels has, each name once, and its names."""
    found: dict[str, Any] = {}
    for panel in canvas.axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    return list(found.values()), list(found)


def legend_below(panel: Axes, title: str, markerscale: float | None) -> None:
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


def legend_inches(labels: Sequence[str]) -> float:
    """Return about how wide a legend of one column is."""
    size = points_of(mpl.rcParams["legend.fontsize"])
    return (max(map(len, labels), default=0) * LETTER * size + 4 * size) / INCH


def _legend_columns(labels: Sequence[str], inches: float) -> int:
    """Return how many columns of a legend have room beside one another."""
    return max(1, min(len(labels), int(inches / legend_inches(labels))))
