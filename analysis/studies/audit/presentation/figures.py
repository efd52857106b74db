"""The figures of an audit: leakage, noise, and what one costs in the other."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from types import MappingProxyType
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from analysis.methods.leakage.membership import Estimate
from analysis.reporting.canvas import Canvas, columns_of, is_first, is_wide, lay_out, new_canvas
from analysis.reporting.legends import add_legend, handles_of
from analysis.reporting.lettering import fit_numbers, letters, scaled, turned
from analysis.reporting.numbers import significant
from analysis.reporting.powers import label_powers
from analysis.reporting.style import LINES, Look, looks, rise_from_zero
from analysis.reporting.titles import wrapped
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.presentation.intervals import whiskers
from analysis.studies.audit.presentation.leakage_tables import LeakageByDefence, strictest_rate
from analysis.studies.audit.presentation.tradeoff import entitle, tradeoff
from analysis.studies.noise.cells import SHOWN_DISTRIBUTIONS
from analysis.studies.noise.scopes import Scope
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.spec import REFERENCE
from attacks import Scores

ROC_TITLE = "How well each signal names members, from what each defence lets out"

COLUMNS = 4
"""Most panels beside one another."""

NARROWEST = 12.6
"""Least width of a figure whose title would else be wider than its panels, in inches."""

SIDE_BY_SIDE = 6
"""Most defences that two panels beside one another have room for."""


def roc_curves(report: AuditReport, figure: Canvas | None = None) -> Canvas:
    """Draw log-log ROC curves over the ordinary records, a panel for each signal, down to the rate the run resolves."""
    records = slice(report.spec.candidates)
    scores = {
        defence: {signal: each[:, records].ravel() for signal, each in by_signal.items()}
        for defence, by_signal in report.scores.items()
    }
    drawn = rocs(scores, report.trials.membership[:, records].ravel(), strictest_rate(report), figure)
    return entitle(drawn, ROC_TITLE, report.spec.adversary, report.spec.get_adversary().sees)


def rocs(
    scores: Mapping[str, Mapping[str, Scores]],
    members: NDArray[np.bool_],
    least: float,
    figure: Canvas | None = None,
) -> Canvas:
    """Draw log-log ROC curves, a panel for each signal, without a title.

    Parameters
    ----------
    scores : mapping of str to mapping of str to float64 array, shape (scores,)
        Scores as ``scores[defence][signal]``.
    members : bool array, shape (scores,)
        Whose are members'.
    least : float
        The smallest false positive rate that is drawn.
    figure : Figure or SubFigure, optional
        Where to draw; by default on a figure of its own.
    """
    signals = list(scores[REFERENCE])
    columns, lines = _grid(len(signals))
    canvas = new_canvas(figure, max(NARROWEST, 4.2 * columns + 2), 4.8 * lines)
    panels = lay_out(canvas, len(signals), columns, sharey=True)
    for panel, signal in zip(panels, signals, strict=True):
        for defence, look in _looks(list(scores)).items():
            fpr, tpr, _ = roc_curve(members, scores[defence][signal])
            panel.plot(fpr, tpr, label=defence, **look)
        panel.plot([least, 1], [least, 1], color="grey", linestyle=":", label="guessing")
        panel.set(xscale="log", yscale="log", xlim=(least, 1), ylim=(least / 2, 1))
        panel.set(title=f"Signal: {signal}", xlabel="false positive rate")
        label_powers(panel.xaxis)
        label_powers(panel.yaxis)
        if is_first(panel):
            panel.set_ylabel("true positive rate")
    add_legend(canvas, panels[0].get_legend_handles_labels(), title="defence")
    return wrapped(canvas)


def noise_histograms(report: AuditReport, figure: Canvas | None = None) -> Canvas:
    """Draw the errors of each defence's release with fitted densities: pooled over tensors above, the largest below."""
    return error_histograms(report.noise, figure)


def error_histograms(noise: Mapping[str, NoiseStudy | None], figure: Canvas | None = None) -> Canvas:
    """Draw errors by defence with fitted densities: pooled over tensors above, the largest tensor's below."""
    scopes = {defence: _pooled_and_largest(study) for defence, study in noise.items() if study and study.scopes}
    columns, lines = _grid(len(scopes))
    canvas = new_canvas(figure, max(NARROWEST, 3.8 * columns + 1.5), 7.4 * lines)
    columns = columns_of(canvas, columns)
    grid = canvas.subplots(2 * ceil(len(scopes) / columns), columns, squeeze=False)
    pairs = zip(_shown(grid[::2], len(scopes)), _shown(grid[1::2], len(scopes)), strict=True)
    for pair, (defence, seen) in zip(pairs, scopes.items(), strict=True):
        for panel, scope in zip(pair, seen, strict=True):
            scope.fit.plot(panel, (*SHOWN_DISTRIBUTIONS, scope.fit.best.family))
            fit_numbers(panel)
            panel.set(title=_summary(scope), xlabel=f"error / {scope.unit}")
        pair[0].set_title(f"{defence}\n{pair[0].get_title()}")
    for row in grid:
        row[0].set_ylabel("density")
    add_legend(canvas, handles_of(canvas), title="fitted distribution")
    canvas.suptitle("Compression error: pooled over tensors (above) and in the largest tensor (below)")
    return wrapped(canvas)


def _pooled_and_largest(study: NoiseStudy) -> tuple[Scope, Scope]:
    largest = max(study.tensors, key=lambda name: study.residuals[name].elements)
    assert study.of_all
    return study.of_all, study.of_tensors[largest]


def _summary(scope: Scope) -> str:
    return f"{scope.label}: {scope.fit.summary}\nR²(e|all values) {scope.decided:z.2f}"


def leakage_against_ratio(report: AuditReport, figure: Canvas | None = None) -> Canvas:
    """Draw each signal's AUC and its TPR at the strictest FPR against the compression ratio, with 95% intervals."""
    measured = {defence: verdict.measured for defence, verdict in report.verdicts.items()}
    ratios = {defence: report.ratio(defence) for defence in measured}
    drawn = against_ratio(measured, ratios, strictest_rate(report), figure)
    title = "Leakage of the average record against compression, with 95% intervals"
    return entitle(drawn, title, report.spec.adversary, report.spec.get_adversary().sees)


def against_ratio(
    measured: LeakageByDefence, ratios: Mapping[str, float], rate: float, figure: Canvas | None = None
) -> Canvas:
    """Draw each signal's AUC and its TPR at a false positive rate against the compression ratio, without a title."""
    ranked = sorted(measured, key=lambda defence: ratios[defence])
    signals, wide = list(measured[REFERENCE]), len(ranked) <= SIDE_BY_SIDE
    canvas = new_canvas(figure, *((max(13, 2.8 * len(ranked)), 5) if wide else (max(13, 1.4 * len(ranked)), 10)))
    left, right = lay_out(canvas, 2, 2 if wide else 1)
    step = min(0.12, 0.8 / len(signals))
    for number, (signal, look) in enumerate(zip(signals, looks(len(signals)), strict=True)):
        found = [measured[defence][signal] for defence in ranked]
        places = np.arange(len(ranked), dtype=np.float64) + step * (number - (len(signals) - 1) / 2)
        _with_intervals(left, signal, look, places, [leakage.auc for leakage in found])
        _with_intervals(right, signal, look, places, [leakage.tpr_at_fpr[rate] for leakage in found])
    left.axhline(0.5, color="grey", linestyle=":", label="guessing")
    right.axhline(rate, color="grey", linestyle=":", label="guessing")
    left.set(title="Over all thresholds", ylabel="ROC-AUC")
    right.set(title="For the most certain guesses", ylabel=f"TPR at FPR {rate:g}")
    rise_from_zero(right)
    for panel in (left, right):
        panel.set_xlabel("defence, and its compression ratio")
        labels = [f"{defence}\n{significant(ratios[defence])}x".replace("+fedsz", "\n+fedsz") for defence in ranked]
        panel.set_xticks(range(len(ranked)), labels=labels, fontsize=letters("x-small"), rotation=turned(panel))
    if not is_wide(canvas):
        # Names that stand upright take much of a column: once is enough.
        left.tick_params(labelbottom=False)
        left.set_xlabel("")
    add_legend(canvas, left.get_legend_handles_labels(), title="signal")
    return wrapped(canvas)


FIGURES: Mapping[str, Callable[[AuditReport], Canvas]] = MappingProxyType(
    {
        "roc": roc_curves,
        "tradeoff": tradeoff,
        "noise": noise_histograms,
        "leakage_against_ratio": leakage_against_ratio,
    }
)
"""The figures of a report, by the name of their file."""


def _grid(panels: int) -> tuple[int, int]:
    """Return the columns and the lines that so many panels are laid out in."""
    columns = min(panels, COLUMNS)
    return columns, ceil(panels / columns)


def _shown(grid: NDArray[Any], panels: int) -> list[Axes]:
    """Return the first panels of a grid, line by line, and take the others away."""
    for spare in grid.flat[panels:]:
        spare.remove()
    return list(grid.flat[:panels])


def _looks(defences: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return how each defence is drawn: none, the first, as a pale band under the others, which may cover it."""
    others = defences[1:]
    colours = sns.color_palette("viridis_r", len(others))
    # A gradient of more than a few shades is no longer read by its colour alone.
    styles = LINES if len(others) > COLUMNS else LINES[:1]
    lines = {
        name: {"color": colour, "linewidth": scaled(1.6), "linestyle": styles[number % len(styles)]}
        for number, (name, colour) in enumerate(zip(others, colours, strict=True))
    }
    return {REFERENCE: {"color": "lightcoral", "linewidth": scaled(6), "alpha": 0.6}} | lines


def _with_intervals(
    panel: Axes, signal: str, look: Look, places: NDArray[np.float64], estimates: list[Estimate]
) -> None:
    values, lengths = whiskers(estimates)
    panel.errorbar(places, values, yerr=lengths, label=signal, color=look.colour, fmt=look.marker, capsize=scaled(3))
