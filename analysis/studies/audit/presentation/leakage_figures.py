"""The figures of a study of leakage, one idea each: scores, difficulty, exposure, differences, adversaries."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Difference, Estimate
from analysis.reporting.style import looks
from analysis.studies.audit.presentation.intervals import draw_rows
from attacks import Scores
from fedsz_privacy.data.records import Records

INSIDE, OUTSIDE = "member", "non-member"
BINS = 60
SHOWN = (0.0005, 0.9995)
"""Quantiles of the scores between which a histogram is drawn."""


def score_histograms(scores: Mapping[str, Scores], membership: NDArray[np.bool_], unit: str) -> Figure:
    """Draw the scores of members and of non-members, one panel for each key, on common bins and a log scale.

    Parameters
    ----------
    scores : mapping of str to float64 array, shape (trials, candidates)
        Scores by the title of their panel, such as a defence.
    membership : bool array, shape (trials, candidates)
        Who was in.
    unit : str
        What a score is, for the horizontal axis.
    """
    figure = Figure(figsize=(4.2 * len(scores) + 2, 4), layout="constrained")
    panels = figure.subplots(1, len(scores), sharex=True, sharey=True, squeeze=False)[0]
    low, high = np.quantile(np.stack(list(scores.values())), SHOWN)
    bins = np.linspace(low, high, BINS)
    for panel, (title, each) in zip(panels, scores.items(), strict=True):
        for group, values, colour in _by_membership(each, membership):
            panel.hist(values, bins, density=True, histtype="step", linewidth=1.8, color=colour, label=group)
        panel.set(title=title, xlabel=unit, yscale="log")
    panels[0].set_ylabel("density")
    figure.legend(*panels[0].get_legend_handles_labels(), title="record was a", loc="outside right upper")
    figure.suptitle("What the scores say of members and of non-members")
    return figure


def difficulty(margins: Scores, membership: NDArray[np.bool_], shown: int = 24) -> Figure:
    """Draw the margins of some records in all trials, from the hardest to the easiest, as members and as non-members.

    Parameters
    ----------
    margins : float64 array, shape (trials, candidates)
        Logit margins, higher where the model is surer of the true class.
    membership : bool array, shape (trials, candidates)
        Who was in.
    shown : int
        Records to draw, evenly spread over the ranks of difficulty.
    """
    figure = Figure(figsize=(12, 5), layout="constrained")
    panel = figure.subplots()
    outside = np.ma.masked_array(margins, membership).mean(axis=0).filled(0)
    chosen = np.argsort(outside)[np.linspace(0, len(outside) - 1, shown).astype(int)]
    drawn, inside = margins[:, chosen], membership[:, chosen]
    places = np.arange(shown, dtype=np.float64) + np.where(inside, 0.17, -0.17)
    marks = zip(_by_membership(drawn, inside), _by_membership(places, inside), strict=True)
    for (group, values, colour), (_, where, _) in marks:
        panel.plot(where, values, ".", color=colour, alpha=0.35, markersize=5, label=group)
    panel.axhline(np.median(margins), color="black", linestyle="--", label="a threshold")
    panel.set_xticks(range(shown), labels=[str(candidate) for candidate in chosen], fontsize="small")
    panel.set(title="One threshold for all sorts records by difficulty, not by membership")
    panel.set(xlabel="record, from hard to easy", ylabel="logit margin, log p / (1 - p)")
    panel.grid(visible=False, axis="x")
    figure.legend(*panel.get_legend_handles_labels(), title="record was a", loc="outside right upper", markerscale=3)
    return figure


def exposure(own: Mapping[str, NDArray[np.float64]], luck: NDArray[np.float64]) -> Figure:
    """Draw the sorted AUC of each record of each group, and what luck alone sorts to.

    Parameters
    ----------
    own : mapping of str to float64 array, shape (records,)
        AUC of each record over trials, by group; the ordinary records first.
    luck : float64 array, shape (records,)
        The same of a negative control, such as the same attack on readings of pure noise.
    """
    figure = Figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplots()
    for number, (look, (group, values)) in enumerate(zip(looks(len(own)), own.items(), strict=True)):
        size: dict[str, Any] = {"markersize": 4} if number == 0 else {"markersize": 5 + 3 * number, "fillstyle": "none"}
        axes.plot(*_ranked(values), look.marker, color=look.colour, label=group, **size)
    axes.plot(*_ranked(luck), color="grey", linestyle=":", linewidth=2, label="luck alone")
    axes.set(title="Averages hide the most exposed", ylabel="ROC-AUC of one record, over trials")
    axes.set(xlabel="share of the group that is more exposed")
    figure.legend(*axes.get_legend_handles_labels(), title="group", loc="outside right upper")
    return figure


def gallery(rows: Mapping[str, Sequence[int]], records: Records, captions: Sequence[str]) -> Figure:
    """Draw records as images, a row for each key.

    Parameters
    ----------
    rows : mapping of str to sequence of int
        Which records to show, by the name of their row; all rows of one length.
    records : Records
        The records; the first channel is drawn.
    captions : sequence of str
        One for each record of the data set.
    """
    columns = max(map(len, rows.values()))
    figure = Figure(figsize=(1.3 * columns, 1.6 * len(rows) + 0.5), layout="constrained")
    panels = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, chosen) in zip(panels, rows.items(), strict=True):
        for panel, record in zip(line, chosen, strict=True):
            panel.imshow(records.inputs[0][record, 0].numpy(), cmap="gray_r", vmin=0, vmax=1)
            panel.set_title(captions[record], fontsize="x-small")
            panel.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize="small")
    figure.suptitle("Records by how exposed they are")
    return figure


def detectable_differences(found: Mapping[str, Mapping[str, Difference]]) -> Figure:
    """Draw differences to no defence with their intervals, and the band inside which the run would have missed one.

    Parameters
    ----------
    found : mapping of str to mapping of str to Difference
        Differences of AUC by defence, which has a panel on a scale of its own, and by signal.
    """
    figure = Figure(figsize=(5.5 * len(found) + 2, 3.6), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for panel, (defence, by_signal) in zip(panels, found.items(), strict=True):
        band = [difference.detectable for difference in by_signal.values()]
        panel.use_sticky_edges = False
        panel.barh(
            list(by_signal), 2 * np.array(band), left=np.negative(band), color="lightgrey", label="not detectable"
        )
        rows, blue = range(len(by_signal)), sns.color_palette("colorblind")[0]
        draw_rows(panel, list(by_signal.values()), rows, blue, "o", "measured, 95% interval")
        panel.axvline(0, color="grey", linestyle=":")
        panel.set(title=defence, xlabel="ROC-AUC minus that of none")
        panel.ticklabel_format(axis="x", scilimits=(-2, 2))
    panels[0].invert_yaxis()
    panels[0].set_ylabel("signal", labelpad=10)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle("What each defence changes, and what the run could have seen")
    return figure


def compared(found: Mapping[str, Mapping[str, Estimate]], title: str) -> Figure:
    """Draw estimates of AUC with their intervals: a row for each name, a colour and a mark for each series.

    Parameters
    ----------
    found : mapping of str to mapping of str to Estimate
        Estimates by series, such as a defence, and by the name of the row, such as an adversary; not all rows need be
        in every series.
    title : str
        What is compared.
    """
    names = list(dict.fromkeys(name for by_name in found.values() for name in by_name))
    figure = Figure(figsize=(10, 1.6 + max(0.55, 0.14 * len(found)) * len(names)), layout="constrained")
    axes, step = figure.subplots(), min(0.2, 0.8 / len(found))
    for number, (look, (series, by_name)) in enumerate(zip(looks(len(found)), found.items(), strict=True)):
        places = [names.index(name) + step * (number - (len(found) - 1) / 2) for name in by_name]
        draw_rows(axes, list(by_name.values()), places, look.colour, look.marker, series)
    axes.axvline(0.5, color="grey", linestyle=":", label="guessing")
    axes.set_yticks(range(len(names)), labels=names)
    axes.set(title=title, xlabel="ROC-AUC, 95% interval", ylim=(len(names) - 0.5, -0.5))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper")
    return figure


def _by_membership(
    values: NDArray[np.float64], membership: NDArray[np.bool_]
) -> list[tuple[str, NDArray[np.float64], tuple[float, float, float]]]:
    """Return name, values and colour of members and of non-members."""
    blue, orange, *_ = sns.color_palette("colorblind")
    return [(INSIDE, values[membership], orange), (OUTSIDE, values[~membership], blue)]


def _ranked(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values from the largest down, each with the share of them that is above it."""
    return (np.arange(len(values)) + 0.5) / len(values), np.sort(values)[::-1]
