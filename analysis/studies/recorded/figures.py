"""The figures of an audit of recorded updates."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.reporting.canvas import Canvas, new_panel
from analysis.reporting.lettering import scaled
from analysis.reporting.style import looks
from analysis.reporting.titles import finish_panel, wrapped
from analysis.studies.audit.presentation.figures import ROC_TITLE, against_ratio, error_histograms, rocs
from analysis.studies.audit.presentation.intervals import draw_rows, whiskers
from analysis.studies.recorded.found import RecordedReport
from analysis.studies.recorded.tables import strictest_rate
from analysis.studies.spec import REFERENCE

MOST_CLIENTS = 30
"""Most clients that have room in one figure."""


def roc_curves(report: RecordedReport, figure: Canvas | None = None) -> Canvas:
    """Draw log-log ROC curves over all clients, a panel for each signal."""
    judged = report.candidates.judged
    scores = {
        release: {signal: report.scores[release][signal][judged] for signal in report.signals}
        for release in report.scores
    }
    canvas = rocs(scores, report.candidates.membership[judged], strictest_rate(report), figure)
    canvas.suptitle(ROC_TITLE)
    return wrapped(canvas)


def leakage_against_ratio(report: RecordedReport, figure: Canvas | None = None) -> Canvas:
    """Draw each signal's AUC and its TPR at the strictest FPR against the compression ratio, with 95% intervals."""
    ratios = {release: report.ratio(release) for release in report.leakage}
    canvas = against_ratio(report.measured, ratios, strictest_rate(report), figure)
    canvas.suptitle("Leakage over all clients against compression, with 95% intervals")
    return wrapped(canvas)


def noise_histograms(report: RecordedReport, figure: Canvas | None = None) -> Canvas:
    """Draw the errors of each release on updates of the last round, pooled over tensors above, the largest below."""
    return error_histograms(report.noise, figure)


def by_round(report: RecordedReport, ax: Axes | None = None) -> Canvas:
    """Draw the strongest signal's AUC in each round by itself, with 95% intervals."""
    panel = new_panel(ax, 11, 4.8)
    rounds = np.array(list(report.by_round), np.float64)
    step = 0.5 / len(report.scores)
    for number, (look, release) in enumerate(zip(looks(len(report.scores)), report.scores, strict=True)):
        values, lengths = whiskers([found[release].auc for found in report.by_round.values()])
        places = rounds + step * (number - (len(report.scores) - 1) / 2)
        panel.errorbar(
            places, values, yerr=lengths, label=release, color=look.colour, fmt=look.marker, capsize=scaled(3)
        )
    panel.axhline(0.5, color="grey", linestyle=":", label="guessing")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="round", ylabel="ROC-AUC, 95% interval", title=f"Signal: {report.strongest.name}")
    return finish_panel(panel, ax, "What each round gives away by itself", title="defence")


def by_client(report: RecordedReport, ax: Axes | None = None) -> Canvas:
    """Draw the strongest signal's AUC on each client, with 95% intervals; of many clients those who leak most."""
    exposed = sorted(report.by_client, key=lambda client: -report.by_client[client][REFERENCE].auc.value)
    shown = exposed[:MOST_CLIENTS]
    panel = new_panel(ax, 10, 1.8 + max(0.5, 0.16 * len(report.scores)) * len(shown))
    step = 0.6 / len(report.scores)
    for number, (look, release) in enumerate(zip(looks(len(report.scores)), report.scores, strict=True)):
        rows = np.arange(len(shown)) + step * (number - (len(report.scores) - 1) / 2)
        found = [report.by_client[client][release].auc for client in shown]
        draw_rows(panel, found, rows, look.colour, look.marker, release)
    panel.axvline(0.5, color="grey", linestyle=":", label="guessing")
    panel.set_yticks(range(len(shown)), labels=shown)
    panel.set(xlabel="ROC-AUC, 95% interval", ylim=(len(shown) - 0.5, -0.5), title=f"Signal: {report.strongest.name}")
    return finish_panel(panel, ax, "Client by client", title="defence")
