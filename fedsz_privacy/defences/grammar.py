"""The grammar of the strings that name a defence: parts with numbers for options, and plus signs between them."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import isinf
from typing import TypeVar

import numpy as np

from fedsz_privacy.core.errors import InputError

MOST_PARTS = 16
"""Most parts of one string: each release behind another is a call within a call."""

Made = TypeVar("Made")

_PART = re.compile(r"(?P<kind>[a-z]+|[\w.]+:\w+)(?::(?P<options>\w+=[^,=]+(?:,\w+=[^,=]+)*))?")


def split_parts(text: str) -> list[str]:
    """Split a string at the plus signs between its parts, not at those of exponents.

    Raises
    ------
    InputError
        If there are more than `MOST_PARTS`.
    """
    parts = re.split(r"(?<![0-9]e)\+|\+(?![0-9])", text)
    if len(parts) > MOST_PARTS:
        raise InputError(f"{text[:20]!r}... chains {len(parts)} releases: choose {MOST_PARTS} or less")
    return parts


def read_part(part: str) -> tuple[str, dict[str, float]]:
    """Return the kind and the numeric options of one part, such as ``fedsz:rel=1e-2``.

    Raises
    ------
    InputError
        If the part cannot be read.
    """
    match = _PART.fullmatch(part.strip())
    if match is None:
        raise InputError(f"cannot read {part!r}: write none, fedsz:rel=1e-2 or module:factory:x=1, and + between two")
    pairs = [option.split("=") for option in (match["options"] or "").split(",") if option]
    if twice := [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]:
        raise InputError(f"{part!r} gives {twice[0]} more than once: give it once")
    return match["kind"], {key: _number(value, part) for key, value in pairs}


def make(kind: str, factory: Callable[..., Made], options: Mapping[str, float]) -> Made:
    """Call a factory with the options of a string.

    Raises
    ------
    InputError
        If the factory takes other options.
    """
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise InputError(f"{kind} takes other options than {', '.join(options) or 'none'} ({error})") from None
    return factory(**options)


def write_number(value: float) -> str:
    """Return the shortest spelling of a number, as names of releases have it."""
    return np.format_float_scientific(value, trim="-", exp_digits=1)


def write_shortest(value: float) -> str:
    """Return the shortest of the spellings that read as exactly this number."""
    return min(repr(value).removesuffix(".0"), write_number(value), key=len)


def _number(value: str, part: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise InputError(f"{part!r}: {value!r} is not a number, write one such as 1e-2") from None
    vanished = number == 0 and any(digit in "123456789" for digit in value.lower().partition("e")[0])
    if vanished or (isinf(number) and any(map(str.isdigit, value))):
        raise InputError(f"{part!r}: {value!r} is not a number that 64 bits hold, write one such as 1e-2")
    return number
