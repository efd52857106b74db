"""How a table is laid out on a page, so that no number and no word of it is broken."""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from analysis.reporting.table import Table

GAP = 2.5
"""Space beside a column, in characters."""

NARROW, SCREEN, PAPER = 90, 118, 165
"""Characters that fit side by side on a screen of 900 pixels, on one of 1,200, and on A4 in landscape."""

_JOINTS = re.compile(r"(?<=[:,+/])(?=[a-z])")
"""Where a name may go on in the next line."""

_ONE = re.compile(r"[\d.]+e-\d+|--[\w-]+")


def breakable(text: str) -> Markup:
    """Return a cell as HTML, whose names may break between their parts where they are longer than a line."""
    return Markup(" ").join(map(_word, text.split(" ")))


def _word(word: str) -> Markup:
    parts = [unbroken(escape(part)) for part in _JOINTS.split(word)]
    return Markup('<span class="word">{}</span>').format(Markup("<wbr>").join(parts)) if parts[1:] else parts[0]


def unbroken(text: Markup) -> Markup:
    """Return HTML whose powers and options stay in one line: browsers break behind a hyphen."""
    return Markup(_ONE.sub(r'<span class="one">\g<0></span>', str(text)))


def layout(table: Table) -> str:
    """Return the CSS class of a table: where its columns do not fit side by side, its rows are shown one by one."""
    width = _width(table)
    wider = [name for name, most in (("wide", NARROW), ("wider", SCREEN), ("widest", PAPER)) if width > most]
    return wider[-1] if wider else "narrow"


def _width(table: Table) -> float:
    return sum(GAP + max(map(len, _words(column))) for column in zip(table.columns, *table.rows, strict=True))


def _words(column: Iterable[str]) -> list[str]:
    """Return what does not break in the cells of a column."""
    return [part for cell in column for word in cell.split() for part in _JOINTS.split(word)] or [""]
