"""Bits against mu, as a figure and as a table."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from analysis.reporting.canvas import Canvas, new_panel
from analysis.reporting.lettering import scaled
from analysis.reporting.numbers import significant
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks
from analysis.reporting.table import Table
from analysis.reporting.titles import finish_panel
from analysis.studies.audit.frontier import Frontier

PLACES = 25
"""Places of mu at which the floor is drawn."""

WIDER = 3
"""How much further than the marks the floor is drawn, as a factor."""

ROUND = 0.12
"""Room around what is drawn, as a share of it: a low panel in a column cut the marks at its edges."""

OF_MU = "Guaranteed: mu is clip norm / noise.\nAs if, and floor: mu is norm / noise."
"""What mu is, in the legend."""

LEAST_BITS = 1e-3
"""Fewest bits that are drawn."""

ONE_BIT = 1.0
"""What the sign of each coordinate costs."""


def draw_frontier(found: Frontier, ax: Axes | None = None) -> Canvas:
    """Draw bits a coordinate against mu, guaranteed or as if, with the floor and the cost of a sign."""
    panel = new_panel(ax, 11, 6.5 + 0.16 * len(found.points))
    for (name, point), look in zip(found.points.items(), looks(len(found.points)), strict=True):
        guaranteed, described = point.guaranteed_mu, point.as_if_mu
        for mu, face, standing in ((guaranteed, look.colour, "guaranteed"), (described, "white", "as if")):
            if mu is not None:
                label = f"{name} ({standing})"
                panel.plot(
                    mu,
                    point.bits,
                    look.marker,
                    color=look.colour,
                    mfc=face,
                    markersize=scaled(10),
                    label=label,
                    linewidth=0,
                )
    shown = [point.mu for point in found.points.values() if point.mu is not None]
    places = np.geomspace(min(shown) / WIDER, WIDER * max(shown), PLACES)
    panel.plot(
        places,
        [found.floor(mu) for mu in places],
        color=sns.color_palette("colorblind")[7],
        label="floor of codes that take each coordinate by itself",
    )
    panel.axhline(ONE_BIT, color="grey", linestyle="--", label="the sign of each coordinate alone")
    panel.set(xscale="log", yscale="log")
    for axis in (panel.xaxis, panel.yaxis):
        label_powers(axis)
    panel.margins(ROUND)
    panel.set_ylim(bottom=max(panel.get_ylim()[0], LEAST_BITS))
    panel.set(ylabel="bits a coordinate", title="Further down is smaller, further left hides better")
    panel.set_xlabel("mu of one client's update in one round")
    title = "What it costs to hide a client in noise"
    return finish_panel(panel, ax, title, OF_MU, loc="outside lower center", ncols=2)


def frontier_table(found: Frontier) -> Table:
    """Return bits and mu of each release, beside the floor of such noise."""
    return Table(
        title="Bits against mu, for one client",
        note="One client's update, there or not, in one round. A guaranteed mu is the clip norm over the standard "
        "deviation of Gaussian noise that a proof is of. An as-if mu is the norm of an update over the size of the "
        "error, as if that were independent Gaussian noise: it describes, and protects nobody. The floor is "
        "I(X; X + N) for Gaussian noise as large as the release's on the updates of this run, clipped as it clips "
        "them: no code with such an error that takes each coordinate by itself needs less. One that predicts "
        "coordinates from one another can.",
        columns=("release", "bits a coordinate", "guaranteed mu", "as-if mu", "floor in bits, of such noise"),
        rows=[
            (name, *map(_shown, (each.bits, each.guaranteed_mu, each.as_if_mu, found.floor_of(each))))
            for name, each in found.points.items()
        ],
    )


def _shown(number: float | None) -> str:
    return "-" if number is None else significant(number)
