"""A table for people: every cell is text, every column says its standing and its unit."""

from collections.abc import Sequence
from dataclasses import dataclass


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

    title: str
    note: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def to_markdown(self) -> str:
        """Return the table as Markdown, under its title and note."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cell.replace(chr(10), ' ').strip() for cell in line)} |" for line in lines)
        return f"# {self.title}\n\n{self.note}\n\n{table}\n"
