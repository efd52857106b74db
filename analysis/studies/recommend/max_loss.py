"""The most that a metric may lose: how it is written, and what it is in the metric's own unit."""

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.reporting.numbers import significant
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import FLOAT32

if TYPE_CHECKING:
    from fedsz_privacy.data.tasks import Task

_WRITTEN = re.compile(r"\s*(?P<number>[-+]?\d*\.?\d+(e[-+]?\d+)?)\s*(?P<percent>%?)\s*", re.IGNORECASE)

WHOLE = 100.0
"""All of a share, in percent."""


@dataclass(frozen=True)
class MaxLoss:
    """The most that a metric may lose, as it is written.

    Parameters
    ----------
    number : float
        Above 0; hundredths of a share if in percent, else in the metric's own unit.
    in_percent : bool
        Whether it is written with a percent sign.

    Examples
    --------
    >>> parse_max_loss("0.50%"), str(parse_max_loss("0.50%"))
    (MaxLoss(number=0.5, in_percent=True), '0.5%')
    """

    number: float
    in_percent: bool

    def __str__(self) -> str:
        return f"{self.number:.12g}{'%' * self.in_percent}"


@dataclass(frozen=True)
class Margin:
    """The most that the metric of a task may lose, and how losses of it are written.

    Parameters
    ----------
    value : float
        In the metric's own unit.
    metric : str
        Its name.
    is_share : bool
        Whether the metric is a share, of which losses are percentage points.
    is_error : bool
        Whether less of the metric is better: what is lost is what it grows by.
    in_unit : str
        What losses are in that are no shares, in words.
    """

    value: float
    metric: str
    is_share: bool
    is_error: bool = False
    in_unit: str = "in its own unit"

    @property
    def lost(self) -> str:
        """What is called lost: an error gains it."""
        return "gained" if self.is_error else "lost"

    @property
    def named(self) -> str:
        """The heading of losses, with their unit."""
        return f"{self.metric} {self.lost} ({self.unit})"

    @property
    def loses(self) -> str:
        """What the metric does by a loss."""
        return "grows by" if self.is_error else "loses"

    @property
    def to_lose(self) -> str:
        """What the metric is sure, or not sure, to do."""
        return "to grow by" if self.is_error else "to lose"

    @property
    def bound_loses(self) -> str:
        """What a bound does by a loss."""
        return f"lets {self.metric} grow by" if self.is_error else "loses"

    @property
    def unit(self) -> str:
        """The unit that losses are written in."""
        return "percentage points" if self.is_share else self.in_unit

    def number(self, loss: float) -> str:
        """Return a loss as a number in that unit."""
        return f"{100 * loss:z.2f}" if self.is_share else significant(loss)

    def __str__(self) -> str:
        if not self.is_share:
            return f"{self.value:.12g}"
        points = f"{100 * self.value:.12g}"
        return f"{points} percentage point{'' if points == '1' else 's'}"


def parse_max_loss(text: str) -> MaxLoss:
    """Return what a string such as ``0.5%`` or ``0.005`` says.

    Raises
    ------
    InputError
        If it says no number above 0, or all of a share or more.
    """
    match = _WRITTEN.fullmatch(text)
    number = float(match["number"]) if match else 0.0
    if not match or number not in FLOAT32:
        raise InputError(f"max loss {text!r}: give a number above 0, such as 0.5% or, of accuracy the same, 0.005")
    if match["percent"] and number >= WHOLE:
        raise InputError(f"max loss {text!r}: percent are of a share, such as accuracy: choose below 100%")
    return MaxLoss(number, bool(match["percent"]))


def margin_of(most: MaxLoss, task: "Task") -> Margin:
    """Return what may be lost of a task's metric.

    Raises
    ------
    InputError
        If it is in percent and the metric is no share, or it is all of a share or more.
    """
    from fedsz_privacy.data.copies import OnCopies
    from fedsz_privacy.data.tasks import Scale

    if task.scale is not Scale.SHARE:
        if most.in_percent:
            raise InputError(
                f"max loss {most}: {task.metric} is no share: leave out the %, and give a number in its unit"
            )
        found = Margin(most.number, task.metric, is_share=False, is_error=task.scale is Scale.ERROR)
        # Of an error of the user's own nobody knows the unit: it may be relative, or squared.
        own = isinstance(task.measure, OnCopies)
        return replace(found, in_unit="in the target's unit") if found.is_error and not own else found
    value = most.number / WHOLE if most.in_percent else most.number
    if value >= 1:
        raise InputError(f"max loss {most}: {task.metric} is a share from 0 to 1, choose below 100%, or below 1")
    return Margin(value, task.metric, is_share=True)
