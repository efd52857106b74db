"""One figure of several audits: what each seed gave, and the mean over them."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from analysis.methods.over_seeds import Mean
from analysis.reporting.canvas import Canvas, lay_out, new_canvas
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import name_rows
from analysis.studies.audit.presentation.intervals import draw_rows
from analysis.studies.audit.presentation.tradeoff import entitle
from analysis.studies.seeds.found import SeedsReport
from analysis.studies.seeds.tables import RATES, strictest_statistic

BELOW = 0.25
"""How far under its mean the seeds of a defence are drawn, in rows."""


def seeds_figure(report: SeedsReport, figure: Canvas | None = None) -> Canvas:
    """Draw a row for each defence: every seed's measurement as a dot, their mean with its interval above it."""
    names, strictest = report.spec.defences, strictest_statistic(report)
    vulnerable = [("Most vulnerable records", "ROC-AUC", report.exposed, "auc")] if report.audits.exposed else []
    shown = (
        (report.audits.average.capitalize(), "ROC-AUC", report.average, "auc"),
        *vulnerable,
        ("Most certain guesses", RATES[strictest], report.average, strictest),
    )
    canvas = new_canvas(figure, 14, 2.2 + 0.6 * len(names))
    panels = lay_out(canvas, len(shown), len(shown), sharey=True)
    for panel, (title, unit, found, statistic) in zip(panels, shown, strict=True):
        _draw(panel, [found(name)[statistic].mean for name in names])
        panel.set(title=title, xlabel=f"{unit} of {report.strongest}")
    name_rows(panels[0], names)
    add_legend(canvas, panels[0].get_legend_handles_labels())
    title = f"Leakage measured over {len(report.spec.seeds)} seeds, with 95% t intervals of the mean"
    return entitle(canvas, title, report.spec.adversary, report.spec.get_adversary().sees)


def _draw(panel: Axes, found: Sequence[Mean]) -> None:
    blue, orange, *_ = sns.color_palette("colorblind")
    rows = np.arange(len(found))
    draw_rows(panel, found, rows, blue, "D", "mean over seeds")
    for row, mean in zip(rows, found, strict=True):
        label = "one seed" if row == 0 else None
        panel.plot(mean.values, np.full(len(mean.values), row + BELOW), ".", color=orange, label=label)
