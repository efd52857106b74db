"""The figures of a study of leakage, one idea each: scores, difficulty, exposure, differences, adversaries."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Difference, Estimate
from analysis.reporting.canvas import Canvas, is_first, lay_out, new_canvas, new_panel
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import letters, scaled, turned
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks
from analysis.reporting.titles import finish_panel, wrapped
from analysis.studies.audit.presentation.intervals import draw_rows
from attacks import Scores
from fedsz_privacy.data.records import Records

INSIDE, OUTSIDE = "member", "non-member"
BINS = 60
SHOWN = (0.0005, 0.9995)
"""Quantiles of the scores between which a histogram is drawn."""


def score_histograms(
    scores: Mapping[str, Scores], membership: NDArray[np.bool_], unit: str, figure: Canvas | None = None
) -> Canvas:
    """Draw the scores of members and of non-members, one panel for each key, on common bins and a log scale.

    Parameters
    ----------
    scores : mapping of str to float64 array, shape (trials, candidates)
        Scores by the title of their panel, such as a defence.
    membership : bool array, shape (trials, candidates)
        Who was in.
    unit : str
        What a score is, for the horizontal axis.
    figure : Figure or SubFigure, optional
        Where to draw; by default on a figure of its own.
    """
    canvas = new_canvas(figure, 4.2 * len(scores) + 2, 4)
    panels = lay_out(canvas, len(scores), len(scores), sharex=True, sharey=True)
    low, high = np.quantile(np.stack(list(scores.values())), SHOWN)
    bins = np.linspace(low, high, BINS).tolist()
    for panel, (title, each) in zip(panels, scores.items(), strict=True):
        for group, values, colour in _by_membership(each, membership):
            panel.hist(values, bins, density=True, histtype="step", linewidth=scaled(1.8), color=colour, label=group)
        panel.set(title=title, xlabel=unit, yscale="log")
        label_powers(panel.yaxis)
        if is_first(panel):
            panel.set_ylabel("density")
    add_legend(canvas, panels[0].get_legend_handles_labels(), title="record was a")
    canvas.suptitle("What the scores say of members and of non-members")
    return wrapped(canvas)


def difficulty(margins: Scores, membership: NDArray[np.bool_], shown: int = 24, ax: Axes | None = None) -> Canvas:
    """Draw the margins of some records in all trials, from the hardest to the easiest, as members and as non-members.

    Parameters
    ----------
    margins : float64 array, shape (trials, candidates)
        Logit margins, higher where the model is surer of the true class.
    membership : bool array, shape (trials, candidates)
        Who was in.
    shown : int
        Records to draw, evenly spread over the ranks of difficulty.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.
    """
    panel = new_panel(ax, 12, 5)
    outside = np.ma.masked_array(margins, membership).mean(axis=0).filled(0)
    chosen = np.argsort(outside)[np.linspace(0, len(outside) - 1, shown).astype(int)]
    drawn, inside = margins[:, chosen], membership[:, chosen]
    places = np.arange(shown, dtype=np.float64) + np.where(inside, 0.17, -0.17)
    marks = zip(_by_membership(drawn, inside), _by_membership(places, inside), strict=True)
    for (group, values, colour), (_, where, _) in marks:
        panel.plot(where, values, ".", color=colour, alpha=0.35, markersize=scaled(5), label=group)
    panel.axhline(np.median(margins), color="black", linestyle="--", label="a threshold")
    names = [str(candidate) for candidate in chosen]
    panel.set_xticks(range(shown), labels=names, fontsize=letters("small"), rotation=turned(panel))
    panel.set(title="One threshold for all sorts records by difficulty, not by membership")
    panel.set(xlabel="record, from hard to easy", ylabel="logit margin, log p / (1 - p)")
    panel.grid(visible=False, axis="x")
    return finish_panel(panel, ax, title="record was a", markerscale=3)


def exposure(own: Mapping[str, NDArray[np.float64]], luck: NDArray[np.float64], ax: Axes | None = None) -> Canvas:
    """Draw the sorted AUC of each record of each group, and what luck alone sorts to.

    Parameters
    ----------
    own : mapping of str to float64 array, shape (records,)
        AUC of each record over trials, by group; the ordinary records first.
    luck : float64 array, shape (records,)
        The same of a negative control, such as the same attack on readings of pure noise.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.
    """
    panel = new_panel(ax, 10, 5)
    for number, (look, (group, values)) in enumerate(zip(looks(len(own)), own.items(), strict=True)):
        size = scaled(4 if number == 0 else 5 + 3 * number)
        filled = "full" if number == 0 else "none"
        panel.plot(*_ranked(values), look.marker, color=look.colour, label=group, fillstyle=filled, markersize=size)
    panel.plot(*_ranked(luck), color="grey", linestyle=":", linewidth=scaled(2), label="luck alone")
    panel.set(title="Averages hide the most exposed", ylabel="ROC-AUC of one record, over trials")
    panel.set(xlabel="share of the group that is more exposed")
    return finish_panel(panel, ax, title="group")


def gallery(
    rows: Mapping[str, Sequence[int]], records: Records, captions: Sequence[str], figure: Canvas | None = None
) -> Canvas:
    """Draw records as images, a row for each key.

    Parameters
    ----------
    rows : mapping of str to sequence of int
        Which records to show, by the name of their row; all rows of one length.
    records : Records
        The records; the first channel is drawn.
    captions : sequence of str
        One for each record of the data set.
    figure : Figure or SubFigure, optional
        Where to draw; by default on a figure of its own.
    """
    columns = max(map(len, rows.values()))
    canvas = new_canvas(figure, 1.3 * columns, 1.6 * len(rows) + 0.5)
    panels = canvas.subplots(len(rows), columns, squeeze=False)
    for line, (name, chosen) in zip(panels, rows.items(), strict=True):
        for panel, record in zip(line, chosen, strict=True):
            panel.imshow(records.inputs[0][record, 0].numpy(), cmap="gray_r", vmin=0, vmax=1)
            panel.set_title(captions[record], fontsize=letters("x-small"))
            panel.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=letters("small"))
    canvas.suptitle("Records by how exposed they are")
    return wrapped(canvas)


def detectable_differences(found: Mapping[str, Mapping[str, Difference]], figure: Canvas | None = None) -> Canvas:
    """Draw differences to no defence with their intervals, and the band of those found in under 80% of runs.

    Parameters
    ----------
    found : mapping of str to mapping of str to Difference
        Differences of AUC by defence, which has a panel on a scale of its own, and by signal.
    figure : Figure or SubFigure, optional
        Where to draw; by default on a figure of its own.
    """
    canvas = new_canvas(figure, 5.5 * len(found) + 2, 3.6)
    panels = lay_out(canvas, len(found), len(found), sharey=True)
    for panel, (defence, by_signal) in zip(panels, found.items(), strict=True):
        band = [difference.detectable for difference in by_signal.values()]
        panel.use_sticky_edges = False
        missed = "found with probability below 0.8"
        panel.barh(list(by_signal), 2 * np.array(band), left=np.negative(band), color="lightgrey", label=missed)
        rows, blue = range(len(by_signal)), sns.color_palette("colorblind")[0]
        draw_rows(panel, list(by_signal.values()), rows, blue, "o", "measured, 95% interval")
        panel.axvline(0, color="grey", linestyle=":")
        panel.set(title=defence, xlabel="ROC-AUC minus that of none")
        panel.ticklabel_format(axis="x", scilimits=(-2, 2))
        if is_first(panel):
            panel.set_ylabel("signal", labelpad=10)
    panels[0].invert_yaxis()
    add_legend(canvas, panels[0].get_legend_handles_labels())
    canvas.suptitle("What each defence changes, and what the run could have seen")
    return wrapped(canvas)


def compared(found: Mapping[str, Mapping[str, Estimate]], title: str, ax: Axes | None = None) -> Canvas:
    """Draw estimates of AUC with their intervals: a row for each name, a colour and a mark for each series.

    Parameters
    ----------
    found : mapping of str to mapping of str to Estimate
        Estimates by series, such as a defence, and by the name of the row, such as an adversary; not all rows need be
        in every series.
    title : str
        What is compared.
    ax : Axes, optional
        Where to draw; by default on a figure of its own.
    """
    names = list(dict.fromkeys(name for by_name in found.values() for name in by_name))
    panel = new_panel(ax, 10, 1.6 + max(0.55, 0.14 * len(found)) * len(names))
    step = min(0.2, 0.8 / len(found))
    for number, (look, (series, by_name)) in enumerate(zip(looks(len(found)), found.items(), strict=True)):
        places = [names.index(name) + step * (number - (len(found) - 1) / 2) for name in by_name]
        draw_rows(panel, list(by_name.values()), places, look.colour, look.marker, series)
    panel.axvline(0.5, color="grey", linestyle=":", label="guessing")
    panel.set_yticks(range(len(names)), labels=names)
    panel.set(title=title, xlabel="ROC-AUC, 95% interval", ylim=(len(names) - 0.5, -0.5))
    return finish_panel(panel, ax)


def _by_membership(
    values: NDArray[np.float64], membership: NDArray[np.bool_]
) -> list[tuple[str, NDArray[np.float64], tuple[float, float, float]]]:
    """Return name, values and colour of members and of non-members."""
    blue, orange, *_ = sns.color_palette("colorblind")
    return [(INSIDE, values[membership], orange), (OUTSIDE, values[~membership], blue)]


def _ranked(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values from the largest down, each with the share of them that is above it."""
    return (np.arange(len(values)) + 0.5) / len(values), np.sort(values)[::-1]
