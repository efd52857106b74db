"""The figures of a federation: performance by round, and for which links compressing pays."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.reporting.canvas import Canvas, new_panel
from analysis.reporting.lettering import scaled
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks, rise_from_zero
from analysis.reporting.titles import finish_panel
from analysis.studies.federation.found import FederationReport
from analysis.studies.spec import REFERENCE

PALE = 0.4
"""Opacity of no defence, a band that others may run inside."""

BANDWIDTHS = np.geomspace(1, 1e4, 200)
"""Mbit/s."""

SIZES = (15.0, 5.0)
"""Sizes of the points behind all others and before them, so that none hides another; lines are a third as wide."""


def performance_by_round(report: FederationReport, ax: Axes | None = None) -> Canvas:
    """Draw test performance of the global model after each round, each defence thinner than those behind it."""
    panel, defences = new_panel(ax, 11, 4.8), len(report.rounds)
    sizes = np.geomspace(*SIZES, defences)
    for look, size, (name, rows) in zip(looks(defences), sizes, report.rounds.items(), strict=True):
        rounds, performance = [row.round + 1 for row in rows], [row.performance for row in rows]
        panel.plot(
            rounds,
            performance,
            marker=look.marker,
            markersize=scaled(size),
            color=look.colour,
            label=name,
            linewidth=scaled(size / 3),
            alpha=PALE if name == REFERENCE else 1,
        )
    rise_from_zero(panel, least=1)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="round", ylabel=f"test {report.metric} of the global model", title=report.spec.in_words)
    return finish_panel(panel, ax, f"{report.metric.capitalize()} by round", title="defence")


def link_model(report: FederationReport, ax: Axes | None = None) -> Canvas:
    """Draw the time that an update takes to the server against bandwidth, and mark where compressing stops to pay."""
    panel = new_panel(ax, 11, 4.8)
    for look, defence in zip(looks(len(report.rounds)), report.rounds, strict=True):
        seconds = [report.transfer(defence).seconds(bandwidth) for bandwidth in BANDWIDTHS]
        (line,) = panel.plot(BANDWIDTHS, seconds, linestyle=look.line, color=look.colour, label=defence)
        crossing = report.break_even(defence)
        if BANDWIDTHS[0] <= crossing <= BANDWIDTHS[-1]:
            place, told = (crossing, report.transfer(defence).seconds(crossing)), f"{crossing:,.0f} Mbit/s"
            panel.plot(*place, "o", color=look.colour)
            line.set_label(f"{defence}, below {told}")
    panel.set(xscale="log", yscale="log", xlabel="bandwidth (Mbit/s)", ylabel="encode + send + decode (seconds)")
    for axis in (panel.xaxis, panel.yaxis):
        label_powers(axis)
    panel.set_title(report.spec.in_words)
    return finish_panel(panel, ax, "Time to the server; compressing pays left of the dot", title="defence")


FIGURES: Mapping[str, tuple[Callable[[FederationReport], Canvas], str]] = MappingProxyType(
    {
        "performance": (
            performance_by_round,
            "All defences start from the same weights. A curve inside the pale band is not told from none's here, "
            "and curves that coincide lie within one another.",
        ),
        "link": (
            link_model,
            "The time from a client to the server. Left of a dot, on slower links, compressing saves time.",
        ),
    }
)
"""The figures of a federation with their captions, by the name of their file."""
