"""How numbers are written for people: one style for estimates, differences, counts and ratios."""

from math import ceil, floor, isfinite, log10
from typing import Protocol

HOUR = 3600.0

UNITS = ((1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"))
"""Units of bytes that a person reads, by how many bytes they have."""

DIGITS = 3
"""Decimals of estimates."""

LEAST_PLAIN, MOST_PLAIN = 1e-4, 1e6
"""Magnitudes between which a number is written without a power."""

MOST_DIGITS = 6
"""Decimals of a difference that is far from being seen."""

SAME = 6
"""Decimals of a last digit beyond which a number counts as that digit, and is not rounded past it."""

FINE = 4
"""Decimals of differences that are small beside what they are differences of."""


class Interval(Protocol):
    """A value with the two ends of its interval."""

    @property
    def value(self) -> float:
        """The estimate."""
        ...

    @property
    def low(self) -> float:
        """The lower end."""
        ...

    @property
    def high(self) -> float:
        """The upper end."""
        ...


def interval(estimate: Interval, digits: int = DIGITS) -> str:
    """Return an estimate with its interval."""
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def difference(found: Interval, digits: int = DIGITS) -> str:
    """Return a difference with its interval; where all of it rounds to zero, how far from zero it reaches.

    It has so many more digits that none of its numbers seems to be zero without being it.

    Examples
    --------
    >>> from analysis.methods.leakage.detectable import Estimate
    >>> difference(Estimate(-0.079, -0.091, -0.067)), difference(Estimate(0.0, -0.00012, 0.0002))
    ('-0.079 [-0.091, -0.067]', 'within ±0.0002')
    >>> difference(Estimate(-0.0022, -0.0041, -0.0003))
    '-0.0022 [-0.0041, -0.0003]'
    """
    reach = _reach(found)
    if reach == 0:
        return "0"
    if rounds_to_zero(reach, digits):
        return f"within ±{rounded_up(max(reach, 10.0**-MOST_DIGITS))}"
    numbers = (found.value, found.low, found.high)
    while digits < MOST_DIGITS and any(each and rounds_to_zero(each, digits) for each in numbers):
        digits += 1
    return f"{signed(found.value, digits)} [{signed(found.low, digits)}, {signed(found.high, digits)}]"


def _reach(found: Interval) -> float:
    """Return how far from zero an interval reaches."""
    return max(abs(found.low), abs(found.high))


def change_of(found: Interval, digits: int = DIGITS) -> str:
    """Return the same in a sentence: a change of so much, or within so much.

    Examples
    --------
    >>> from analysis.methods.leakage.detectable import Estimate
    >>> change_of(Estimate(-0.079, -0.091, -0.067)), change_of(Estimate(0.0, -0.00012, 0.0002))
    ('a change of -0.079 [-0.091, -0.067]', 'a change within ±0.0002')
    """
    reach = _reach(found)
    return f"a change {'' if reach and rounds_to_zero(reach, digits) else 'of '}{difference(found, digits)}"


def signed(value: float, digits: int = DIGITS) -> str:
    """Return a number with its sign; zero has none."""
    return f"{value:.{digits}f}".removeprefix("-") if rounds_to_zero(value, digits) else f"{value:+.{digits}f}"


def small(value: float, digits: int = DIGITS) -> str:
    """Return a number that is not negative; what would round to zero and is not says what it is below.

    Examples
    --------
    >>> small(0.0123), small(0.0001), small(0.0)
    ('0.012', '< 0.0005', '0')
    """
    if value == 0:
        return "0"
    return f"< 0.{'0' * digits}5" if rounds_to_zero(value, digits) else f"{value:.{digits}f}"


def rounds_to_zero(value: float, digits: int = DIGITS) -> bool:
    """Return whether so many decimals of a number show nothing but zeros."""
    return bool(abs(value) < 0.5 / 10**digits)


def rounded_up(value: float) -> str:
    """Return the least number of one significant digit that is no smaller than a positive one, such as 0.0003."""
    place = floor(log10(value))
    digit = ceil(round(value / 10**place, 9))
    place, digit = (place + 1, 1) if digit == 10 else (place, digit)
    return f"{digit * 10**place:.{max(0, -place)}f}"


def significant(value: float, digits: int = DIGITS) -> str:
    """Return a number to so many significant digits, thousands separated; as a power only where it has many zeros.

    Examples
    --------
    >>> [significant(value) for value in (2651.0, 26.5, 0.01213, 0.0000694, 3.2e9, 1.0, 0.0, float("inf"))]
    ['2,650', '26.5', '0.0121', '6.94e-5', '3.2e9', '1', '0', '∞']
    """
    rounded = float(f"{value:.{digits - 1}e}") + 0.0  # no zero has a sign
    if not isfinite(rounded):
        return f"{rounded:g}".replace("inf", "∞")
    if rounded == 0 or LEAST_PLAIN <= abs(rounded) < MOST_PLAIN:
        decimals = max(0, digits - 1 - floor(log10(abs(rounded) or 1)))
        plain = f"{rounded:,.{decimals}f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def as_upper_bound(value: float, digits: int = DIGITS) -> str:
    """Return the least number of so many significant digits that is no smaller: what is guaranteed stays true so.

    Examples
    --------
    >>> [as_upper_bound(value) for value in (1.0021, 8.0, 7.9981, 0.0, float("inf"))]
    ['1.01', '8', '8', '0', '∞']
    """
    if value == 0 or not isfinite(value):
        return significant(value, digits)
    unit = 10.0 ** (floor(log10(value)) - digits + 1)
    return significant(ceil(round(value / unit, SAME)) * unit, digits)


def as_lower_bound(value: float) -> str:
    """Return the greatest number of two decimals that is no larger than one that is not negative.

    Examples
    --------
    >>> as_lower_bound(3.4191), as_lower_bound(0.29)
    ('3.41', '0.29')
    """
    return f"{floor(round(100 * value, SAME)) / 100:.2f}" if isfinite(value) else significant(value)


def significant_interval(estimate: Interval, digits: int = DIGITS) -> str:
    """Return an estimate with its interval, each to so many significant digits."""
    value, low, high = (significant(each, digits) for each in (estimate.value, estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def whole_interval(estimate: Interval) -> str:
    """Return an estimate with its interval, each to a whole number, thousands separated; alone where nothing varied."""
    if estimate.low == estimate.high:
        return f"{estimate.value:,.0f}"
    return f"{estimate.value:,.0f} [{estimate.low:,.0f}, {estimate.high:,.0f}]"


def times(ratio: float) -> str:
    """Return a ratio to three digits, thousands separated, as in ``10.2x``."""
    return f"{significant(ratio)}x"


def percent(share: float, digits: int = DIGITS) -> str:
    """Return a share in percent to so many significant digits, in a sentence on what it is a share of.

    Examples
    --------
    >>> [percent(share) for share in (0.0, 4e-7, 0.0383, 0.6791, 0.99999, 1.0)]
    ['none', '4e-5%', '3.83%', '67.9%', 'over 99.9%', '100%']
    """
    if share in (0, 1):
        return "100%" if share else "none"
    written = significant(100 * share, digits)
    return f"over {100 - 10.0 ** (2 - digits):g}%" if written == "100" else f"{written}%"


def count(number: int, noun: str) -> str:
    """Return a number, thousands separated, and a regular noun in its singular or plural."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_of(nbytes: float) -> str:
    """Return a number of bytes to three digits in the largest unit of which there is one.

    Examples
    --------
    >>> [size_of(each) for each in (1, 999, 1000, 28_224, 3.2e6, 999_999, 12e9)]
    ['1 byte', '999 bytes', '1 kB', '28.2 kB', '3.2 MB', '1 MB', '12 GB']
    """
    rounded = float(f"{nbytes:.3g}")
    if rounded < 1e3:
        return count(round(rounded), "byte")
    unit, name = max((unit, name) for unit, name in UNITS if unit <= rounded)
    return f"{significant(rounded / unit)} {name}"


def spoken(seconds: float) -> str:
    """Return a duration as people say it."""
    if seconds < 90:
        return count(max(1, round(seconds)), "second")
    return f"{round(seconds / 60)} minutes" if seconds < HOUR else f"{seconds / HOUR:.1f} hours"
