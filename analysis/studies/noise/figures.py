"""The figures of a noise study."""

from collections.abc import Callable, Mapping
from math import ceil
from types import MappingProxyType
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.methods.curves.delta_curves import true_positive_rates
from analysis.methods.curves.fit_curves import EPSILONS, SHIFT, WIDTHS, DeltaCurves, delta_curves, deltas
from analysis.methods.noise.detectors import mixture_density
from analysis.reporting.canvas import Canvas, columns_of, is_first, lay_out, new_canvas
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import scaled
from analysis.reporting.powers import label_powers
from analysis.reporting.style import side_by_side
from analysis.reporting.titles import wrapped
from analysis.studies.noise.checkpoint_study import CheckpointStudy

APART = 0.08
"""Decades by which points of one difference stand side by side."""

VIEW = 6.0
"""How far around 0 values are shown, in error bounds."""

RATES = np.geomspace(1e-4, 1, 100)

Studies = Mapping[str, CheckpointStudy]


def pooled_and_single(studies: Studies, figure: Canvas | None = None) -> Canvas:
    """Draw each release's errors: pooled raw, pooled on the bound, and in the largest tensor, a row each."""
    canvas = new_canvas(figure, 4.2 * len(studies) + 2, 11)
    panels = _columns(canvas, 3, len(studies))
    for column, (release, study) in zip(panels.T, studies.items(), strict=True):
        for panel, scope in zip(column, (*study.pooled, study.of_tensors[study.largest]), strict=True):
            scope.fit.plot(panel)
            panel.set(title=f"{scope.label}\n{scope.fit.summary}", xlabel=f"error / {scope.unit}")
        column[0].set_title(f"{release}\n{column[0].get_title()}")
        errors = np.linspace(-1, 1, 801) * column[0].get_xlim()[1]
        column[0].plot(
            errors, mixture_density(errors, study.widths), color="black", linewidth=scaled(1), label="mixture of widths"
        )
    for panel in filter(is_first, canvas.axes):
        panel.set_ylabel("density")
    lines = {label: line for row in panels for line, label in zip(*row[0].get_legend_handles_labels(), strict=True)}
    add_legend(canvas, (list(lines.values()), list(lines)), title="fitted distribution")
    canvas.suptitle("Compression error seen three ways")
    return wrapped(canvas)


def error_against_value(studies: Studies, figure: Canvas | None = None) -> Canvas:
    """Draw error against value in the largest tensor of each release."""
    canvas = new_canvas(figure, 4.2 * len(studies) + 0.5, 4.2)
    panels = lay_out(canvas, len(studies), len(studies), sharey=True)
    for panel, (release, study) in zip(panels, studies.items(), strict=True):
        largest = study.tensors[study.largest]
        values, errors = largest.sample
        seen = np.abs(values) <= VIEW
        panel.scatter(values[seen], errors[seen], s=5, alpha=0.4, color=sns.color_palette("colorblind")[0], linewidth=0)
        shares = f"R²(e|x) {largest.fit.dependence.explained_as('.3f')}, R²(e|all values) {largest.decided:z.3f}"
        unit = study.of_tensors[study.largest].unit
        panel.set(title=f"{release}\n{shares}", xlabel=f"value / {unit}", xlim=(-VIEW, VIEW))
        if is_first(panel):
            panel.set_ylabel("error / the same bound")
    canvas.suptitle("The error against the value (largest tensor)")
    return wrapped(canvas)


def codes_that_differ(studies: Studies, figure: Canvas | None = None) -> Canvas:
    """Draw measured against predicted shares of codes, and advantages, over the size of the difference."""
    canvas = new_canvas(figure, 12.5, 4.8)
    left, right = lay_out(canvas, 2, 2)
    beside = 10 ** side_by_side(len(studies), APART * len(studies))
    looks = zip(_colours(studies), "os^Dv" * 9, beside, studies.items(), strict=False)
    for colour, marker, place, (release, study) in looks:
        shares, decisions = list(study.decisions), list(study.decisions.values())
        places = [share * place for share in shares]
        measured: dict[str, Any] = {
            "color": colour,
            "marker": marker,
            "linestyle": "none",
            "label": f"{release}, measured",
        }
        predicted: dict[str, Any] = {"color": colour, "linestyle": "--", "label": f"{release}, predicted"}
        left.plot(places, [each.share_of_codes for each in decisions], **measured)
        left.plot(shares, [each.predicted_share for each in decisions], **predicted)
        right.plot(places, [each.advantage for each in decisions], **measured)
        right.plot(shares, [each.predicted_advantage for each in decisions], **predicted)
    left.set(title="Share of codes that differ", yscale="log", ylabel="share of elements")
    right.set(title="Observer's advantage", ylabel="TPR minus FPR", ylim=(-0.05, 1.05))
    for panel in (left, right):
        panel.set(xscale="log", xlabel="norm of the difference / norm of the tensor")
        label_powers(panel.xaxis)
    label_powers(left.yaxis)
    add_legend(canvas, left.get_legend_handles_labels(), title="release")
    canvas.suptitle("The deciding experiment: two neighbours through the codec")
    return wrapped(canvas)


def privacy_curves(studies: Studies, figure: Canvas | None = None) -> Canvas:
    """Draw the as-if delta curve and the attack bound of the largest tensor's fitted distributions."""
    canvas = new_canvas(figure, 4.2 * len(studies) + 2, 8)
    panels = _columns(canvas, 2, len(studies), sharex="row", sharey="row")
    for (upper, lower), (release, study) in zip(panels.T, studies.items(), strict=True):
        curves = delta_curves(study.tensors[study.largest].fit)
        _draw_deltas(upper, curves)
        upper.set(title=release, xlabel="epsilon", ylim=(1e-5, 1))
        _draw_attacks(lower, curves)
        lower.set(xlabel="false positive rate")
    for row, label in zip(panels, ("delta", "greatest true positive rate"), strict=True):
        row[0].set_ylabel(label)
    add_legend(canvas, panels[0][0].get_legend_handles_labels(), title="as if the noise were")
    canvas.suptitle(
        f"As if the error were independent noise: one coordinate moved by {SHIFT:g} bounds (largest tensor)"
    )
    return wrapped(canvas)


FIGURES: Mapping[str, tuple[Callable[[Studies], Canvas], str]] = MappingProxyType(
    {
        "errors": (
            pooled_and_single,
            "Above, raw errors of all tensors: a mixture of scales, which can look like one distribution with heavy "
            "tails. The black line has no free parameter: uniform distributions of the tensors' bounds. In the middle, "
            "each tensor's errors over its own bound; below, one tensor alone. Where a release reports no bound "
            "it is the observed one, the largest error seen.",
        ),
        "dependence": (
            error_against_value,
            "Independent noise would fill these panels evenly. A line means that the value decides its own error. "
            "Without one, all values together may still decide it.",
        ),
        "deciding": (
            codes_that_differ,
            "Points are measured, those of one difference side by side; dashes are what independent uniform "
            "noise of the same width would give. Adjacency: a random difference of the given size. A share of 0 has no "
            "place on its axis.",
        ),
        "privacy": (
            privacy_curves,
            "A description of the error's size, never a guarantee.",
        ),
    }
)
"""The figures of a noise study with their captions, by the name of their file."""


def _columns(canvas: Canvas, lines: int, studies: int, **shared: Any) -> NDArray[Any]:
    """Return a line of panels for each of so many ways to look, a column for each study, shape (lines, studies).

    Where there is no room for all columns, those that have none stand below the others.
    """
    columns = columns_of(canvas, studies)
    blocks = ceil(studies / columns)
    grid = canvas.subplots(lines * blocks, columns, squeeze=False, **shared)
    stacked = grid.reshape(blocks, lines, columns).swapaxes(0, 1).reshape(lines, blocks * columns)
    for spare in stacked[:, studies:].flat:
        spare.remove()
    return np.asarray(stacked[:, :studies])


def _draw_deltas(panel: Axes, curves: DeltaCurves) -> None:
    for (name, distribution), colour in zip(
        curves.distributions.items(), sns.color_palette("colorblind"), strict=False
    ):
        panel.semilogy(EPSILONS, np.maximum(deltas(distribution), 1e-12), color=colour, label=name)
    for bins, shade in zip(WIDTHS, ("0.75", "0.35"), strict=True):
        low, high = (np.maximum(each, 1e-12) for each in curves.histogram[bins])
        panel.fill_between(
            EPSILONS, low, high, color=shade, linewidth=scaled(3), label=f"histogram, {bins} bins a shift"
        )
    label_powers(panel.yaxis)


def _draw_attacks(panel: Axes, curves: DeltaCurves) -> None:
    for distribution, colour in zip(curves.distributions.values(), sns.color_palette("colorblind"), strict=False):
        panel.loglog(RATES, true_positive_rates(distribution, RATES), color=colour)
    panel.loglog(RATES, RATES, color="grey", linestyle=":")
    label_powers(panel.xaxis)
    label_powers(panel.yaxis)


def _colours(studies: Studies) -> list[tuple[float, float, float]]:
    return list(sns.color_palette("viridis_r", len(studies)))
