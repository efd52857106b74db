"""The figures of an audit of scores."""

from math import ceil

from matplotlib.axes import Axes
from sklearn.metrics import roc_curve

from analysis.reporting.canvas import Canvas, is_first, lay_out, new_canvas
from analysis.reporting.legends import add_legend
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks
from analysis.reporting.titles import wrapped
from analysis.studies.audit.presentation.leakage_figures import compared, detectable_differences
from analysis.studies.scores.found import ScoresReport

COLUMNS = 4
"""Most panels beside one another."""

NARROWEST = 9
"""Inches that a title has room in."""


def roc(report: ScoresReport, figure: Canvas | None = None) -> Canvas:
    """Draw log-log ROC curves, a panel for each signal, down to the smallest false positive rate that is resolved."""
    table, signals = report.table, report.signals
    columns = min(COLUMNS, len(signals))
    lines = ceil(len(signals) / columns)
    canvas = new_canvas(figure, max(4.2 * columns + 2.5, NARROWEST), 4.6 * lines)
    panels = lay_out(canvas, len(signals), columns, sharey=True)
    least = min(report.rates, default=1 / report.non_members)
    for panel, signal in zip(panels, signals, strict=True):
        for look, (release, by_signal) in zip(looks(len(table.scores)), table.scores.items(), strict=True):
            fpr, tpr, _ = roc_curve(table.member, by_signal[signal])
            panel.plot(fpr, tpr, color=look.colour, linestyle=look.line, label=_shown(release))
        panel.plot([least, 1], [least, 1], color="grey", linestyle=":", label="guessing")
        panel.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least / 2, 1))
        panel.set(title=f"Signal: {_shown(signal)}", xlabel="false positive rate")
        label_powers(panel.xaxis)
        label_powers(panel.yaxis)
        if is_first(panel):
            panel.set_ylabel("true positive rate")
    add_legend(canvas, panels[0].get_legend_handles_labels(), title="release")
    canvas.suptitle("How well each signal names members")
    return wrapped(canvas)


def auc(report: ScoresReport, ax: Axes | None = None) -> Canvas:
    """Draw the AUC of every signal on every release, with intervals."""
    found = {
        _shown(release): {_shown(signal): leakage.auc for signal, leakage in by_signal.items()}
        for release, by_signal in report.measured.items()
    }
    return compared(found, "Over all thresholds", ax)


def differences(report: ScoresReport, figure: Canvas | None = None) -> Canvas:
    """Draw the differences of AUC to the reference, and what these scores could not have shown."""
    canvas = detectable_differences(
        {
            _shown(release): {
                _shown(signal): report.measured[release][signal].auc_difference for signal in report.signals
            }
            for release in report.others
        },
        figure,
    )
    for panel in canvas.axes:
        panel.set_xlabel(f"ROC-AUC minus that of {_shown(report.table.reference)}")
        panel.locator_params(axis="x", nbins=5)
    canvas.suptitle("What each release changes, and what these scores could have shown")
    return wrapped(canvas)


def _shown(name: str) -> str:
    """Return a name of a file's as text: matplotlib would read a dollar as mathematics, and drop what starts with _."""
    shown = name.replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown
