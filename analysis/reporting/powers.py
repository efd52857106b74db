"""Numbers at logarithmic axes: as many as there is room for, as people write them."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from analysis.reporting.lettering import INCH
from analysis.reporting.numbers import significant

DIGIT = 0.64
"""Width of a digit over the size of its letters."""

LINE = 2.0
"""Least distance of numbers above one another, over the size of their letters."""

EXACT = 6
"""Digits that no place has more of."""

NARROW = 10
"""Greatest over least up to which numbers at equal distances are of use, where powers are too few."""

MOST = 8
"""Most numbers at an axis, each of which has a line across the panel."""

SCALES = (range(1, 10), (1, 2, 5), (1, 3), (1,))
"""Which multiples of a power of ten have a number, by how close these stand."""


class Powers(LogLocator):
    """Places of the numbers at a logarithmic axis: the most that have room beside one another when it is drawn.

    Parameters
    ----------
    labelled : Axis
        The axis.
    """

    def __init__(self, labelled: Axis) -> None:
        super().__init__()
        self.labelled = labelled

    def __call__(self) -> list[float]:
        """Return the places within what the axis shows."""
        return self.tick_values(*self.labelled.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> list[float]:
        """Return the places between two values."""
        low, high = sorted((vmin, vmax))
        if not 0 < low < high:
            return []
        per_decade = self._points() / log10(high / low)
        places: list[float] = []
        for places in _choices(low, high):
            if len(places) <= MOST and self._have_room(places, per_decade):
                return places
        return places[-1:]

    def _points(self) -> float:
        """Return how long the axis is."""
        panel = self.labelled.axes
        across = panel.bbox.width if isinstance(self.labelled, XAxis) else panel.bbox.height
        return float(across / panel.figure.dpi * INCH)

    def _have_room(self, places: list[float], per_decade: float) -> bool:
        size = _size(self.labelled)
        for first, second in pairwise(places):
            letters = 1 + DIGIT * (len(_written(first)) + len(_written(second))) / 2
            needed = size * (letters if isinstance(self.labelled, XAxis) else LINE)
            if per_decade * log10(second / first) < needed:
                return False
        return True


def label_powers(axis: Axis) -> None:
    """Label a logarithmic axis by numbers as people write them, however wide it will be."""
    axis.set_major_locator(Powers(axis))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _written(value)))
    # matplotlib's own raises where nothing that an axis shows has a logarithm.
    axis.set_minor_locator(NullLocator())


def _size(axis: Axis) -> float:
    """Return the size of the letters at an axis, in points."""
    label: Any = axis.get_major_ticks(1)[0].label1
    return float(label.get_fontsize())


def _written(place: float) -> str:
    return significant(place, EXACT)


def _choices(low: float, high: float) -> Iterator[list[float]]:
    """Yield places in a range, fewer and fewer."""
    least, most = floor(log10(low)), ceil(log10(high))
    decades = range(least, most + 1)
    choices = [[each * 10.0**power for power in decades for each in scale] for scale in SCALES]
    choices += [[10.0**power for power in decades if power % step == 0] for step in range(2, most - least)]
    for places in choices:
        if len(shown := _within(places, low, high)) > 1:
            yield shown
    if high < NARROW * low:
        for intervals in (4, 3, 2, 1):
            yield _within(list(MaxNLocator(intervals).tick_values(low, high)), low, high)


def _within(places: list[float], low: float, high: float) -> list[float]:
    """Return the places that an axis shows, whose ends need not be exact."""
    return [place for place in places if low * (1 - 1e-9) <= place <= high * (1 + 1e-9)]
