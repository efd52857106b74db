"""The figure of an audit of whole clients: what attacks achieved, and epsilon guaranteed and measured, side by side."""

from math import inf

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from analysis.reporting.canvas import Canvas, lay_out, new_canvas
from analysis.reporting.legends import add_legend, handles_of
from analysis.reporting.lettering import name_rows, scaled
from analysis.reporting.titles import wrapped
from analysis.studies.audit.presentation.intervals import draw_rows
from analysis.studies.clients.found import ClientsReport
from analysis.studies.clients.tables import strongest
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit


def clients_figure(report: ClientsReport, figure: Canvas | None = None) -> Canvas:
    """Draw a row for each defence: the strongest signal's AUC, and the epsilons for one client."""
    names = report.spec.defences
    canvas = new_canvas(figure, 13, 3 + 0.6 * len(names))
    leakage, epsilons = lay_out(canvas, 2, 2, sharey=True)
    found = [strongest(report, name).auc for name in names]
    draw_rows(leakage, found, range(len(names)), sns.color_palette("colorblind")[0], "o", "average client")
    leakage.axvline(0.5, color="grey", linestyle=":", label="guessing")
    leakage.set(title="Leakage (measured)", xlabel=f"ROC-AUC of {report.strongest.name}, 95% interval")
    name_rows(leakage, names)
    _epsilons(epsilons, report)
    add_legend(canvas, handles_of(canvas), loc="outside lower center", ncols=3)
    canvas.suptitle(f"What each defence gives away of whole clients to adversary {report.spec.adversary}")
    return wrapped(canvas)


def _epsilons(panel: Axes, report: ClientsReport) -> None:
    """Draw what is guaranteed for one client, and the lower bounds on it."""
    blue, orange, green, *_ = sns.color_palette("colorblind")
    stated = [each.epsilon if each.unit is Unit.CLIENT else inf for each in report.guarantees.values()]
    guaranteed, rows = np.array(stated), np.arange(len(stated))
    finite = np.isfinite(guaranteed)
    measured = {
        "lower bound (clients who train, 95%)": (orange, ">", _by_training(report)),
        "lower bound (canaries, any mechanism, 95%)": (orange, "D", _by_canaries(report, any_mechanism=True)),
        "lower bound (canaries, its own family, 95%)": (green, ">", _by_canaries(report, any_mechanism=False)),
    }
    edge = 1.15 * max(1, *guaranteed[finite], *(value for *_, points in measured.values() for value in points.values()))
    panel.hlines(rows[finite], 0, guaranteed[finite], color="grey", linewidth=scaled(3))
    panel.hlines(rows[~finite], 0, edge, color="grey", linewidth=scaled(3), linestyle=":", label="no upper end")
    for label, (colour, marker, points) in measured.items():
        if points:
            panel.plot(
                list(points.values()),
                list(points),
                marker,
                color=colour,
                mfc="white",
                markersize=scaled(9),
                label=label,
            )
    if finite.any():
        panel.plot(
            guaranteed[finite], rows[finite], "<", color=blue, markersize=scaled(10), label="at most (guaranteed)"
        )
    panel.set(title=f"Epsilon for {Unit.CLIENT}", xlabel=f"epsilon at delta {write_shortest(report.spec.delta)}")
    panel.set_xlim(-0.04 * edge, edge)


def _by_training(report: ClientsReport) -> dict[int, float]:
    return {row: bound.epsilon for row, bound in enumerate(report.lower_bounds.values())}


def _by_canaries(report: ClientsReport, any_mechanism: bool) -> dict[int, float]:
    """Return the first bound of each defence's canaries that rejects any mechanism, or its own family."""
    firsts = {
        row: next((each for each in bounds if each.any_mechanism is any_mechanism), None)
        for row, bounds in enumerate(report.canaries.values())
    }
    return {row: first.bound.epsilon for row, first in firsts.items() if first}
