"""The figures of an audit of recorded updates."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.reporting.style import looks
from analysis.studies.audit.presentation.figures import ROC_TITLE, against_ratio, error_histograms, rocs
from analysis.studies.audit.presentation.intervals import draw_rows, whiskers
from analysis.studies.recorded.run import RecordedReport
from analysis.studies.recorded.tables import strictest_rate
from analysis.studies.spec import REFERENCE

MOST_CLIENTS = 30
"""Most clients that have room in one figure."""


def roc_curves(report: RecordedReport) -> Figure:
    """Draw log-log ROC curves over all clients, a panel for each signal."""
    judged = report.candidates.judged
    scores = {
        release: {signal: report.scores[release][signal][judged] for signal in report.signals}
        for release in report.scores
    }
    figure = rocs(scores, report.candidates.membership[judged], strictest_rate(report))
    figure.suptitle(ROC_TITLE)
    return figure


def leakage_against_ratio(report: RecordedReport) -> Figure:
    """Draw each signal's AUC and its TPR at the strictest FPR against the compression ratio, with 95% intervals."""
    ratios = {release: report.ratio(release) for release in report.leakage}
    figure = against_ratio(report.measured, ratios, strictest_rate(report))
    figure.suptitle("Leakage over all clients against compression, with 95% intervals")
    return figure


def noise_histograms(report: RecordedReport) -> Figure:
    """Draw the errors of each release on updates of the last round, pooled over tensors above, the largest below."""
    return error_histograms(report.noise)


def by_round(report: RecordedReport) -> Figure:
    """Draw the strongest signal's AUC in each round by itself, with 95% intervals."""
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    panel = figure.subplots()
    rounds = np.array(list(report.by_round), np.float64)
    step = 0.5 / len(report.scores)
    for number, (look, release) in enumerate(zip(looks(len(report.scores)), report.scores, strict=True)):
        values, lengths = whiskers([found[release].auc for found in report.by_round.values()])
        places = rounds + step * (number - (len(report.scores) - 1) / 2)
        panel.errorbar(places, values, yerr=lengths, label=release, color=look.colour, fmt=look.marker, capsize=3)
    panel.axhline(0.5, color="grey", linestyle=":", label="guessing")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.set(xlabel="round", ylabel="ROC-AUC, 95% interval", title=f"Signal: {report.strongest.name}")
    figure.legend(*panel.get_legend_handles_labels(), title="defence", loc="outside right upper")
    figure.suptitle("What each round gives away by itself")
    return figure


def by_client(report: RecordedReport) -> Figure:
    """Draw the strongest signal's AUC on each client, with 95% intervals; of many clients those who leak most."""
    exposed = sorted(report.by_client, key=lambda client: -report.by_client[client][REFERENCE].auc.value)
    shown = exposed[:MOST_CLIENTS]
    figure = Figure(figsize=(10, 1.8 + max(0.5, 0.16 * len(report.scores)) * len(shown)), layout="constrained")
    panel, step = figure.subplots(), 0.6 / len(report.scores)
    for number, (look, release) in enumerate(zip(looks(len(report.scores)), report.scores, strict=True)):
        rows = np.arange(len(shown)) + step * (number - (len(report.scores) - 1) / 2)
        found = [report.by_client[client][release].auc for client in shown]
        draw_rows(panel, found, rows, look.colour, look.marker, release)
    panel.axvline(0.5, color="grey", linestyle=":", label="guessing")
    panel.set_yticks(range(len(shown)), labels=shown)
    panel.set(xlabel="ROC-AUC, 95% interval", ylim=(len(shown) - 0.5, -0.5), title=f"Signal: {report.strongest.name}")
    figure.legend(*panel.get_legend_handles_labels(), title="defence", loc="outside right upper")
    figure.suptitle("Client by client")
    return figure
