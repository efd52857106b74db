"""The figure of a recommendation: what each bound loses, and what it saves."""

import seaborn as sns
from matplotlib.axes import Axes

from analysis.reporting.canvas import Canvas, lay_out, new_canvas
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import scaled
from analysis.reporting.powers import label_powers
from analysis.reporting.titles import wrapped
from analysis.studies.audit.presentation.intervals import whiskers
from analysis.studies.recommend.found import RecommendReport

BESIDE = 1.09
"""How far to the right of its mean the seeds of a bound are drawn, as a factor."""


def loss_and_ratio(report: RecommendReport, figure: Canvas | None = None) -> Canvas:
    """Draw the loss of each bound with its interval and seeds against the margin; beside it the ratio."""
    canvas = new_canvas(figure, 13, 4.8)
    left, right = lay_out(canvas, 2, 2)
    bounds = [each.bound for each in report.tried]
    _draw_losses(left, report, bounds)
    values, lengths = whiskers([each.ratio for each in report.tried])
    blue, *_ = sns.color_palette("colorblind")
    right.errorbar(bounds, values, yerr=lengths, color=blue, fmt="D-", capsize=scaled(3))
    right.set(yscale="log", ylabel="original bytes / compressed bytes", title="Compression ratio")
    label_powers(right.yaxis)
    for panel in (left, right):
        panel.set(xscale="log", xlabel="error bound (REL)")
        label_powers(panel.xaxis)
        if report.recommended:
            panel.axvline(report.recommended.bound, color="grey", linestyle=":", label="recommended")
    add_legend(canvas, left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    lost = f"{report.margin.metric.capitalize()} {report.margin.lost}"
    canvas.suptitle(f"{lost} against no compression, {report.spec.seeds} seeds, 95% t intervals")
    return wrapped(canvas)


def _draw_losses(panel: Axes, report: RecommendReport, bounds: list[float]) -> None:
    blue, orange, _, vermilion, *_ = sns.color_palette("colorblind")
    margin = report.margin
    factor = 100 if margin.is_share else 1
    values, lengths = whiskers([each.loss for each in report.tried])
    panel.errorbar(
        bounds, factor * values, yerr=factor * lengths, color=blue, fmt="D", capsize=scaled(3), label="mean over seeds"
    )
    for tried in report.tried:
        label = "one seed" if tried is report.tried[0] else None
        heights = [factor * value for value in tried.loss.values]
        panel.plot([BESIDE * tried.bound] * len(heights), heights, ".", color=orange, label=label)
    most = f"most that may be {margin.lost}"
    panel.axhline(factor * margin.value, color=vermilion, linestyle="--", label=most)
    panel.axhline(0, color="black", linewidth=0.8)
    panel.set(ylabel=margin.named, title=report.spec.in_words)
