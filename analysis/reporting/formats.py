"""In which formats figures and tables are written: for the page, and for papers where a command asks for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Format(StrEnum):
    """Formats of figures; in SVG and PDF lines and letters stay what they are at every size."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


class TableFormat(StrEnum):
    """Formats of tables: numbers as they were measured, for programs, and the words of the page, typeset."""

    CSV = "csv"
    TEX = "tex"


_ASKED: ContextVar[Format] = ContextVar("_ASKED", default=Format.PNG)


def formats() -> tuple[Format, ...]:
    """Return the formats that figures are written in now, PNG first."""
    return tuple(dict.fromkeys((Format.PNG, _ASKED.get())))


@contextmanager
def written_as(asked: Format) -> Iterator[None]:
    """Write figures in this format too."""
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)
