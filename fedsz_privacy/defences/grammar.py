"""The grammar of the strings that name a defence: parts with numbers or words for options, plus signs between them."""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import isinf
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_PARTS = 16
"""Most parts of one string: each release behind another is a call within a call."""

SIGMAS = "sigma"
"""What a number ends in that is a multiple of a standard deviation."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Sigmas:
    """A multiple of the standard deviation of the noise that was added before, as in ``abs=0.5sigma``."""

    count: float

    def __str__(self) -> str:
        return f"{write_shortest(self.count)}{SIGMAS}"


Value: TypeAlias = float | str
"""What a factory is given for an option: a number, or a word such as the name of a compressor."""

Option: TypeAlias = Value | Sigmas
"""What a string has for an option."""

_PART = re.compile(r"(?P<kind>[a-z][a-z0-9-]*|[\w.]+:\w+)(?::(?P<options>\w+=[^,=]+(?:,\w+=[^,=]+)*))?")


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


def read_part(part: str) -> tuple[str, dict[str, Option]]:
    """Return the kind and the options of one part, such as ``fedsz:rel=1e-2,compressor=sz2``.

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
    return match["kind"], {key: _option(value, part) for key, value in pairs}


def make(kind: str, factory: Callable[..., Made], options: Mapping[str, Value]) -> Made:
    """Call a factory with the options of a string: words where it annotates ``str``, and numbers everywhere else.

    Raises
    ------
    InputError
        If the factory takes other options, or a number for one that is given a word.
    """
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as error:
        raise InputError(f"{kind} takes other options than {', '.join(options) or 'none'} ({error})") from None
    words = [name for name, each in inspect.signature(factory).parameters.items() if each.annotation in {str, "str"}]
    for name, value in options.items():
        if isinstance(value, str) and name not in words:
            remedy = f"; words are for {' and '.join(words)}" if words else ""
            what = f"{kind}:{name}={value}"
            raise InputError(f"{what!r}: {value!r} is not a number, write one such as 1e-2{remedy}")
    return factory(**{name: write_value(value) if name in words else value for name, value in options.items()})


def without_defaults(factory: Callable[..., object], options: Mapping[str, Option]) -> dict[str, Option]:
    """Return the options that differ from a factory's defaults: first those that it has none for, then in its order."""
    parameters = inspect.signature(factory).parameters
    order = {name: place for place, (name, each) in enumerate(parameters.items()) if each.default is not each.empty}
    ordered = sorted(options, key=lambda name: order.get(name, -1))
    return {name: options[name] for name in ordered if name not in order or options[name] != parameters[name].default}


def write_value(value: Option) -> str:
    """Return one option as a string has it, a number in its shortest spelling."""
    return write_shortest(value) if isinstance(value, float | int) else str(value)


def write_options(options: Mapping[str, Option]) -> str:
    """Return options as a string has them, each number in its shortest spelling."""
    return ",".join(f"{name}={write_value(value)}" for name, value in options.items())


def write_changed(asked: "DataclassInstance") -> str:
    """Return what was asked for as the options of a string, without what is left at its default."""
    given = {each.name: getattr(asked, each.name) for each in fields(asked)}
    return write_options({name: value for name, value in given.items() if value != getattr(type(asked), name)})


def _option(value: str, part: str) -> Option:
    text = value.strip()
    count = _number(text.removesuffix(SIGMAS), part)
    if count is None:
        return text
    return Sigmas(count) if text.endswith(SIGMAS) else count


def _number(text: str, part: str) -> float | None:
    """Return the number that a text writes, or None if it is a word."""
    try:
        number = float(text)
    except ValueError:
        return None
    vanished = number == 0 and any(digit in "123456789" for digit in text.lower().partition("e")[0])
    if vanished or (isinf(number) and any(map(str.isdigit, text))):
        raise InputError(f"{part!r}: {text!r} is not a number that 64 bits hold, write one such as 1e-2")
    return number
