"""Grids of defences: one string with a range of numbers for several, ``fedsz:rel=1e-4..1e-1`` for four of them."""

import re
from decimal import Decimal
from itertools import product
from math import log10

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.grammar import split_parts

_RANGE = re.compile(r"=([^=,]+?)\.\.([^=,]+)")

WHOLE = 1e-9
"""How far a number of decades may be from a whole one."""

MOST_DECADES = 30


def expand(text: str) -> list[str]:
    """Return the defences that a string with ranges stands for: of each range its decades, both ends included.

    A string without a range stands for itself.

    Raises
    ------
    InputError
        If a range's ends are not positive numbers, with a whole number of decades from the first to the last.

    Examples
    --------
    >>> expand("gaussian:eps=8,clip=1+fedsz:rel=1e-3..1e-2")
    ['gaussian:eps=8,clip=1+fedsz:rel=1e-3', 'gaussian:eps=8,clip=1+fedsz:rel=0.01']
    """
    return ["+".join(parts) for parts in product(*map(_expand_part, split_parts(text)))]


def _expand_part(part: str) -> list[str]:
    found = _RANGE.search(part)
    if not found:
        return [part]
    numbers = map(write_shortest, _decades(*found.groups()))
    return [
        each for number in numbers for each in _expand_part(f"{part[: found.start()]}={number}{part[found.end() :]}")
    ]


def _decades(first: str, last: str) -> list[float]:
    asked = f"range {first}..{last}"
    try:
        low, high = float(first), float(last)
        decades = log10(high / low)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(f"{asked}: give two positive numbers, such as 1e-4..1e-1") from None
    if low <= 0 or not 0 <= decades <= MOST_DECADES or abs(decades - round(decades)) > WHOLE:
        raise InputError(f"{asked}: end at 10, 100 or another power of ten times the first number, as in 1e-4..1e-1")
    # Through decimals, for 1e-4 times ten in binary is not 1e-3.
    return [float(Decimal(repr(low)).scaleb(step)) for step in range(round(decades) + 1)]
