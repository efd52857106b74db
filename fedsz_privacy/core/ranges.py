"""What numbers a quantity may be, said once: classes, questions, the command line and its help all read it here."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from reprlib import repr as shortened
from typing import Any

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_rounded, write_shortest


@dataclass(frozen=True)
class Range:
    """The real numbers from a least to a greatest one, both among them."""

    least: float
    most: float

    def __contains__(self, value: Any) -> bool:
        """Return whether a value is a number in the range; NaN is in none."""
        return _is_a(Real, value) and bool(self.least <= value <= self.most)

    def __str__(self) -> str:
        """Return the range in words."""
        return f"{write_rounded(self.least, 3)} to {write_rounded(self.most, 3)}"

    def remedy(self, value: Any) -> str:
        """Return what to choose instead of a value that is not in the range."""
        if _is_a(Real, value) and value < self.least == 0:
            return "0 or more"
        positive = "positive " if self.least > 0 else ""
        return f"a {positive}number from {self}"


class Share(Range):
    """The same without a greatest one: below 1."""

    def __contains__(self, value: Any) -> bool:
        """Return whether a value is a number in the range."""
        return super().__contains__(value) and value != self.most

    def __str__(self) -> str:
        """Return the range in words."""
        return f"{write_rounded(self.least, 3)} to below {write_rounded(self.most, 3)}"

    def remedy(self, value: Any) -> str:  # noqa: ARG002  # as any range
        """Return what to choose instead."""
        return f"a number between 0 and {write_rounded(self.most, 3)}, of {write_rounded(self.least, 3)} or more"


class Whole(Range):
    """The whole numbers from a least to a greatest one, both among them."""

    def __contains__(self, value: Any) -> bool:
        """Return whether a value is a whole number in the range."""
        return _is_a(Integral, value) and super().__contains__(value)

    def __str__(self) -> str:
        """Return the range in words."""
        return f"{self.least} to {self.most}"

    def remedy(self, value: Any) -> str:
        """Return what to choose instead of a value that is not in the range."""
        if not _is_a(Integral, value):
            return f"a whole number from {self}"
        return f"{self.least} or more" if value < self.least else f"{self.most} or less"


def _is_a(kind: type[Real] | type[Integral], value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, kind)


FLOAT32 = Range(2.0**-126, 2.0**127 * (2 - 2.0**-23))
"""Positive numbers that 32 bits hold with all their digits."""

MOST = 10**6
"""Most trials, candidates, clients, rounds or repeats: more are a slip of the finger, and take memory before work."""

COUNT = Whole(1, MOST)

COUNT_OR_NONE = Whole(0, MOST)
"""The same of what may be left out."""

RECORDS = Whole(1, 10**9)
"""Records that are asked for; a data set gives as many as it has."""

EXPECTED_RECORDS = Range(FLOAT32.least, RECORDS.most)
"""Numbers that stand for a client's records; an even share need not be whole."""

EPOCHS = Whole(1, 10**4)
"""Each epoch of each client that trains at once takes memory for its batches."""

STEPS = Whole(1, 10**6)
"""Steps of DP-SGD in a round; each draws a batch of its own before any is taken."""

SIDE = Whole(0, 2**12)
"""Pixels that an image is scaled to along each side; 0 for as it is."""

SEED = Whole(0, 2**64 - 1)
"""Seeds: 64 bits."""

LEARNING_RATE = FLOAT32

WEIGHT_DECAY = Range(0, FLOAT32.most)

DELTA = Share(1e-10, 1)
"""Below its least, few steps are enough for floats to lose more than a delta as privacy losses are composed."""

EPSILON = Range(1e-4, 1e4)
"""Epsilons that noise can be calibrated to, in nats."""

NOISE_MULTIPLIER = Range(FLOAT32.least, 1e6)

ACCOUNTED_NOISE_MULTIPLIER = Range(0.2, NOISE_MULTIPLIER.most)
"""Noise multipliers that a guarantee is worked out for; below it one says nothing, and takes minutes to compute."""

CLIP_NORM = Range(1e-12, 1e12)
"""Beyond them, sums of squares of 32 bits no longer tell how long a gradient of about that norm is."""

REL = Range(sys.float_info.min, 1)
"""Relative error bounds: at 1 every value of a tensor may become every other."""

ABS = Range(sys.float_info.min, sys.float_info.max)
"""Absolute error bounds."""

ELEMENTS = Whole(0, 2**63 - 1)
"""Elements of a tensor, as PyTorch counts them."""

REMEMBERED = Whole(0, 1)
"""Rounds before that a release remembers."""

CONCENTRATION = Range(1e-3, 1e6)
"""Concentrations of a Dirichlet distribution: from one client a class to an even partition."""


def require_in(within: Range, value: object, name: str) -> None:
    """Raise InputError if a value of a name, such as ``seed`` or ``error bound rel=``, is not in a range."""
    if value not in within:
        shown = f"{name}{_option(value)}" if name.endswith("=") else f"{name} {_argument(value)}"
        raise InputError(f"{shown}: choose {within.remedy(value)}")


def _option(value: object) -> str:
    """Return a value as a string of options has it."""
    return write_rounded(value) if isinstance(value, float) else shortened(value)


def _argument(value: object) -> str:
    """Return a value as Python has it, but for powers: 1.0 shows that it is no whole number where 1 is asked for."""
    text = shortened(value)
    return write_shortest(float(value)) if isinstance(value, float) and "e" in text else text


def require_within(holder: object, ranges: Mapping[str, Range]) -> None:
    """Raise InputError for the first attribute that is not in its range."""
    for name, within in ranges.items():
        require_in(within, getattr(holder, name), name.replace("_", " "))


def as_whole(within: Whole, value: float, name: str) -> int:
    """Return a whole number that was written as a float, as options of releases are.

    Raises
    ------
    InputError
        If it is none, or not in the range.
    """
    number = int(value) if float(value).is_integer() else value
    require_in(within, number, name)
    return int(number)
