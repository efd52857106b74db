"""Tables: for people, where every cell is text and every column says its standing and its unit; and as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from analysis.reporting.numbers import Interval

Row = Mapping[str, object]

STRICT = {"extra": "forbid"}
"""How pydantic reads what is kept of a page: keys that it does not know are an error."""


@dataclass(frozen=True)
class Table:
    """A table ready to be shown.

    Attributes
    ----------
    title, note : str
        What it shows, and what to know when reading it.
    columns : tuple of str
        Headings; a line break separates the standing of a column from its content.
    rows : sequence of tuple of str
        Cells.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    kind: ClassVar[str] = "table"
    title: str
    note: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings, each in one line."""
        return tuple(column.replace("\n", " ") for column in self.columns)

    def in_words(self, *columns: str) -> str:
        """Return what some columns say, row by row, each under the cells before the first of them."""
        first, *places = (self.columns.index(column) for column in (columns[0], *columns))

        def named(row: tuple[str, ...], places: Iterable[int]) -> str:
            return ", ".join(f"{self.headings[place]} {row[place]}" for place in places)

        return "; ".join(
            f"{', '.join(filter(None, (row[0], named(row, range(1, first)))))}: {named(row, places)}".replace("\n", " ")
            for row in self.rows
        )

    def to_markdown(self) -> str:
        """Return the table as Markdown, under its title and note."""
        return f"# {self.title}\n\n{self.note}\n\n{to_markdown(self.columns, self.rows)}\n"


def to_markdown(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table as Markdown; line breaks in cells become spaces."""
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace(chr(10), ' ').strip() for cell in line)} |" for line in lines)


def with_interval(name: str, estimate: Interval) -> Row:
    """Return an estimate of a name as a part of a row, its interval in columns of its own."""
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def to_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV text, with every column that any row has."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
