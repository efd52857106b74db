"""What the terminal can show and what it was asked to show: every character, our own warnings, as much as wanted."""

import codecs
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from io import TextIOWrapper

import typer

from fedsz_privacy.core.imports import TOOLKIT

REPLACED = {"∞": "inf", "²": "^2", "±": "+/-", "→": "->", "≥": ">=", "≤": "<=", "…": "...", "─": "-", "━": "="}
"""What stands for a character that a terminal's encoding lacks; a question mark for all others."""


class Shown(Enum):
    """How much a command prints: tables and conclusion, the page's path alone, or its results as JSON."""

    ALL = "all"
    PATH = "path"
    JSON = "json"


_SHOWN: ContextVar[Shown] = ContextVar("_SHOWN", default=Shown.ALL)


def shown() -> Shown:
    """Return how much the command that runs was asked to print."""
    return _SHOWN.get()


def echo(text: object, err: bool = False) -> None:
    """Print a text in the characters that the terminal has.

    Typer writes UTF-8 to a terminal that says it has ASCII alone, so that what is not there is replaced before.
    """
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    typer.echo(str(text).encode(encoding, "replaced").decode(encoding), err=err)


def say(line: str) -> None:
    """Print what a reader should know of a run before its results, where the results are not all that was asked for."""
    if shown() is Shown.ALL:
        echo(line)


@contextmanager
def showing(chosen: Shown) -> Iterator[None]:
    """Let the command that runs print so much."""
    token = _SHOWN.set(chosen)
    try:
        yield
    finally:
        _SHOWN.reset(token)


def settle() -> None:
    """Let this process's terminal show every character somehow, and no warnings but those of this toolkit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replaced")
    if not sys.warnoptions:
        warnings.showwarning = _show_own  # type: ignore[assignment]  # it leaves out what it does not print


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(REPLACED.get(each, "?") for each in error.object[error.start : error.end]), error.end


def _show_own(message: Warning | str, category: type[Warning], *_: object) -> None:
    if category.__module__.partition(".")[0] in TOOLKIT:
        echo(f"warning: {message}", err=True)


codecs.register_error("replaced", _replace)
