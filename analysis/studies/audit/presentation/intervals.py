"""Estimates with their intervals, as figures draw them."""

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Estimate
from analysis.reporting.lettering import scaled


def whiskers(found: Sequence[Estimate]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values, and how far each interval reaches below and above, shape (2, estimates), for error bars."""
    values, low, high = np.array([(each.value, each.low, each.high) for each in found]).T
    return values, np.array([values - low, high - values])


def draw_rows(
    panel: Axes,
    found: Sequence[Estimate],
    rows: Iterable[float],
    colour: tuple[float, float, float],
    marker: str,
    label: str,
) -> None:
    """Draw estimates as points with horizontal error bars, each in its row."""
    values, lengths = whiskers(found)
    panel.errorbar(values, list(rows), xerr=lengths, color=colour, fmt=marker, capsize=scaled(3), label=label)
