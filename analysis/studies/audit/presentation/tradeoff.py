"""One figure of an audit: leakage, guarantee, performance and bytes of each defence, side by side."""

from collections.abc import Sequence
from math import inf, isinf

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.methods.guarantee import Guarantee
from analysis.reporting.canvas import Canvas, is_wide, lay_out, new_canvas
from analysis.reporting.legends import add_legend, handles_of
from analysis.reporting.lettering import letters, name_rows, scaled
from analysis.reporting.numbers import as_upper_bound
from analysis.reporting.powers import label_powers
from analysis.reporting.titles import wrapped
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.presentation.intervals import draw_rows, whiskers
from analysis.studies.audit.verdict import Verdict
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit

GROUPS = {RECORDS: "average record", VULNERABLE: VULNERABLE}
STEP = 0.16
"""Distance between the marks of one row, in rows."""


def entitle(canvas: Canvas, title: str, adversary: str, sees: str) -> Canvas:
    """Return a figure that shows leakage with a title over it, and under it the adversary whose it is."""
    if is_wide(canvas):
        canvas.suptitle(title)
        canvas.supxlabel(f"Adversary {adversary}: sees {sees}", fontsize=letters("small"))
    else:
        # The legend is below.
        canvas.suptitle(f"{title}\nAdversary {adversary}")
    return wrapped(canvas)


def tradeoff(report: AuditReport, figure: Canvas | None = None) -> Canvas:
    """Draw a row for each defence: leakage, epsilon guaranteed and epsilon measured, performance, bytes."""
    names = report.spec.defences
    canvas = new_canvas(figure, 16, 2.6 + 0.75 * len(names))
    leakage, epsilon, performance, size = lay_out(canvas, 4, 4, sharey=True, width_ratios=(3, 3, 2, 2))
    _leakage(leakage, report)
    _epsilons(epsilon, report)
    rows = range(len(names))
    _performance(performance, report)
    size.plot([report.nbytes(name) / 1e3 for name in names], rows, "D", color="black")
    size.set(title="Cost (measured)", xlabel="kB of an update", xscale="log")
    size.margins(x=0.2)
    label_powers(size.xaxis)
    name_rows(leakage, [_named(report, name) for name in names] if is_wide(canvas) else names)
    add_legend(canvas, handles_of(canvas))
    title = "What each defence gives away, guarantees and costs"
    return entitle(canvas, title, report.spec.adversary, report.spec.get_adversary().sees)


def _leakage(panel: Axes, report: AuditReport) -> None:
    """Draw the strongest signal's AUC on the average and on the most vulnerable records."""
    for number, (group, label) in enumerate(GROUPS.items()):
        found = [verdict.strongest[group].auc for verdict in report.verdicts.values()]
        rows = np.arange(len(found)) + STEP * (2 * number - 1)
        colour, marker = sns.color_palette("colorblind")[3 * number], "os"[number]
        draw_rows(panel, found, rows, colour, marker, label)
    panel.axvline(0.5, color="grey", linestyle=":", label="guessing")
    panel.set(title="Leakage (measured)", xlabel=f"ROC-AUC of {report.strongest.name},\n95% interval")


def _performance(panel: Axes, report: AuditReport) -> None:
    """Draw performance on an axis that starts at zero, so that a small difference looks small."""
    found = [report.performance(name) for name in report.spec.defences]
    values, lengths = whiskers(found)
    panel.errorbar(values, range(len(found)), xerr=lengths, fmt="D", color="black", capsize=scaled(3))
    most = max(each.high for each in found)
    panel.set(title="Use (measured)", xlabel=f"test {report.game.pool.task.metric},\n95% interval")
    panel.set_xlim(0, max(1.0, 1.08 * most) if most <= 1 else 1.08 * most)
    panel.xaxis.set_major_locator(MaxNLocator(3))


def _epsilons(panel: Axes, report: AuditReport) -> None:
    """Draw the guaranteed epsilon and the measured lower bound on it, and a line between them."""
    blue, orange, *_ = sns.color_palette("colorblind")
    verdicts = list(report.verdicts.values())
    lower_bounds = np.array([verdict.epsilon_lower_bound.epsilon for verdict in verdicts])
    guaranteed = np.array([_of_a_record(verdict.guarantee) for verdict in verdicts])
    finite, rows = np.isfinite(guaranteed), np.arange(len(verdicts))
    edge = 1.15 * max(1, *lower_bounds, *guaranteed[finite])
    panel.hlines(rows[finite], lower_bounds[finite], guaranteed[finite], color="grey", linewidth=scaled(3))
    panel.hlines(
        rows[~finite],
        lower_bounds[~finite],
        edge,
        color="grey",
        linewidth=scaled(3),
        linestyle=":",
        label="no upper end",
    )
    panel.plot(lower_bounds, rows, ">", color=orange, markersize=scaled(10), label="lower bound (measured, 95%)")
    claimed = np.array([verdict.guarantee.claimed for verdict in verdicts])
    for chosen, face, label in ((finite & ~claimed, blue, "guaranteed"), (finite & claimed, "white", "claimed")):
        if chosen.any():
            panel.plot(
                guaranteed[chosen],
                rows[chosen],
                "<",
                color=blue,
                mfc=face,
                markersize=scaled(10),
                label=f"at most ({label})",
            )
    _canaries(panel, verdicts)
    panel.set(title="Epsilon of one record", xlabel=f"epsilon at delta {write_shortest(verdicts[0].guarantee.delta)}")
    panel.set_xlim(-0.04 * edge, edge)


def _canaries(panel: Axes, verdicts: Sequence[Verdict]) -> None:
    """Draw what canaries say, by what their bounds reject: any mechanism, or a defence's own family."""
    orange, green = sns.color_palette("colorblind")[1:3]
    for any_mechanism, colour, label in (
        (True, orange, "lower bound (canaries, any mechanism, 95%)"),
        (False, green, "lower bound (canaries, its own family, 95%)"),
    ):
        firsts = {
            row: next((each for each in verdict.record_canary_bounds if each.any_mechanism is any_mechanism), None)
            for row, verdict in enumerate(verdicts)
        }
        points = {row: first.bound.epsilon for row, first in firsts.items() if first}
        if points:
            panel.plot(
                list(points.values()), list(points), ">", color=colour, mfc="white", markersize=scaled(10), label=label
            )


def _of_a_record(stated: Guarantee) -> float:
    """Return what is guaranteed in the unit of the panel; for another unit it is in the name of the row."""
    return stated.epsilon if stated.unit is Unit.RECORD else inf


def _named(report: AuditReport, name: str) -> str:
    """Return a defence's name with its guarantee beside it."""
    stated = report.verdicts[name].guarantee
    if isinf(stated.epsilon):
        return f"{name}\nno guarantee"
    standing = "claimed" if stated.claimed else "guaranteed"
    level = f"epsilon {as_upper_bound(stated.epsilon)} at delta {write_shortest(stated.delta)}"
    return f"{name}\n{standing} {level}\nfor {stated.unit}"
