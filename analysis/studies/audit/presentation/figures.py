"""The figures of an audit: leakage, noise, and what one costs in the other."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from analysis.methods.leakage.membership import Estimate
from analysis.studies.audit.presentation.intervals import whiskers
from analysis.studies.audit.presentation.leakage_tables import strictest_rate
from analysis.studies.audit.presentation.tradeoff import entitle, tradeoff
from analysis.studies.audit.run import AuditReport
from analysis.studies.noise.cells import SHOWN_DISTRIBUTIONS
from analysis.studies.spec import REFERENCE


def roc_curves(report: AuditReport) -> Figure:
    """Draw log-log ROC curves over the ordinary records, a panel for each signal, down to the rate the run resolves."""
    signals = list(report.scores[REFERENCE])
    figure = _figure(width=4.2 * len(signals) + 2, height=4.8)
    panels = figure.subplots(1, len(signals), sharey=True, squeeze=False)[0]
    records, least = slice(report.spec.candidates), strictest_rate(report)
    members = report.trials.membership[:, records].ravel()
    for panel, signal in zip(panels, signals, strict=True):
        for defence, look in _looks(report).items():
            fpr, tpr, _ = roc_curve(members, report.scores[defence][signal][:, records].ravel())
            panel.plot(fpr, tpr, label=defence, **look)
        panel.plot([least, 1], [least, 1], color="grey", linestyle=":", label="guessing")
        panel.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least / 2, 1))
        panel.set(title=f"Signal: {signal}", xlabel="false positive rate")
    panels[0].set_ylabel("true positive rate")
    _legend(figure, panels[0], "defence")
    entitle(figure, report, "How well each signal names members, from what each defence lets out")
    return figure


def noise_histograms(report: AuditReport) -> Figure:
    """Draw the errors of each defence's release with fitted densities: pooled over tensors above, the largest below."""
    studies = {defence: study for defence, study in report.noise.items() if study and study.scopes}
    figure = _figure(width=3.8 * len(studies) + 1.5, height=7.4)
    panels = figure.subplots(2, len(studies), squeeze=False)
    for (above, below), (defence, study) in zip(panels.T, studies.items(), strict=True):
        largest = max(study.tensors, key=lambda name: study.residuals[name].elements)
        pooled, alone = study.scopes["pooled"], study.tensors[largest]
        pooled.plot(above, SHOWN_DISTRIBUTIONS)
        alone.plot(below, SHOWN_DISTRIBUTIONS)
        above.set(title=f"{defence}\npooled: {pooled.summary}", xlabel="error / standard deviation")
        below.set(title=f"{largest}: {alone.summary}", xlabel="error / bound")
    for row in panels:
        row[0].set_ylabel("density")
    _legend(figure, panels[0][0], "fitted distribution")
    figure.suptitle("Compression error: pooled over tensors (above) and in the largest tensor (below)")
    return figure


def leakage_against_ratio(report: AuditReport) -> Figure:
    """Draw each signal's AUC and its TPR at the strictest FPR against the compression ratio, with 95% intervals."""
    rate = strictest_rate(report)
    figure = _figure(width=max(13, 2.8 * len(report.spec.defences)), height=5)
    left, right = figure.subplots(1, 2)
    ranked = sorted(report.spec.defences, key=report.ratio)
    for number, signal in enumerate(report.scores[REFERENCE]):
        measured = [report.verdicts[defence].measured[signal] for defence in ranked]
        _with_intervals(left, signal, number, [leakage.auc for leakage in measured])
        _with_intervals(right, signal, number, [leakage.tpr_at_fpr[rate] for leakage in measured])
    left.axhline(0.5, color="grey", linestyle=":", label="guessing")
    right.axhline(rate, color="grey", linestyle=":", label="guessing")
    left.set(title="Over all thresholds", ylabel="ROC-AUC")
    right.set(title="For the most certain guesses", ylabel=f"TPR at FPR {rate:g}", ylim=(0, None))
    for panel in (left, right):
        panel.set_xlabel("defence, and its compression ratio (original / compressed bytes)")
        labels = [f"{defence}\n{report.ratio(defence):.3g}x".replace("+fedsz", "\n+fedsz") for defence in ranked]
        panel.set_xticks(range(len(ranked)), labels=labels, fontsize="x-small")
    _legend(figure, left, "signal")
    entitle(figure, report, "Leakage of the average record against compression, with 95% intervals")
    return figure


FIGURES: Mapping[str, Callable[[AuditReport], Figure]] = MappingProxyType(
    {
        "roc": roc_curves,
        "tradeoff": tradeoff,
        "noise": noise_histograms,
        "leakage_against_ratio": leakage_against_ratio,
    }
)
"""The figures of a report, by the name of their file."""


def _figure(width: float, height: float) -> Figure:
    """Return an empty figure, sizes in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def _legend(figure: Figure, panel: Axes, title: str) -> None:
    """Put one panel's legend beside all panels."""
    figure.legend(*panel.get_legend_handles_labels(), title=title, loc="outside right upper")


def _looks(report: AuditReport) -> dict[str, dict[str, object]]:
    """Return how each defence is drawn: none as a pale band under the others, which may cover it."""
    others = report.spec.defences[1:]
    colours = sns.color_palette("viridis_r", len(others))
    lines = {name: {"color": colour, "linewidth": 1.6} for name, colour in zip(others, colours, strict=True)}
    return {REFERENCE: {"color": "lightcoral", "linewidth": 6, "alpha": 0.6}} | lines


def _with_intervals(panel: Axes, signal: str, number: int, estimates: list[Estimate]) -> None:
    places = np.arange(len(estimates)) + 0.12 * (number - 1)
    values, lengths = whiskers(estimates)
    colours, markers = sns.color_palette("colorblind"), "os^DvPX"
    colour, marker = colours[number % len(colours)], markers[number % len(markers)]
    panel.errorbar(places, values, yerr=lengths, label=signal, color=colour, fmt=marker, capsize=3)
