"""What a person at a terminal sees: progress, tables, and one line where something is wrong."""

import json
import shutil
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer

from analysis.cli.terminal import Shown, echo, shown
from fedsz_privacy.core.errors import InputError, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from analysis.reporting.page import Lines
    from analysis.reporting.table import Row, Table

Item = TypeVar("Item")

PADDING = (0, 1, 0, 0)
"""Spaces above, right of, below and left of each cell of a table."""

NARROWEST, WIDEST = 40, 1000
"""Fewest columns that text is wrapped to, and those of a terminal on which every table fits."""

TALLEST = 5
"""Most lines of a heading with one word on each, above which a table is easier to read row by row."""


@contextmanager
def one_line_errors(interrupted: str = "the same command goes on from here") -> Iterator[None]:
    """End a request that cannot be met, or was interrupted, with one line instead of a traceback.

    Parameters
    ----------
    interrupted : str
        What to know after an interruption.
    """
    try:
        yield
    except InputError as error:
        echo(f"fedsz-privacy: {printable(str(error))}", err=True)
        raise typer.Exit(2) from None
    except SystemExit as error:
        line = f"code of the run called sys.exit({error.code!r}): leave that out, or raise an error"
        echo(f"fedsz-privacy: {line}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        echo(f"fedsz-privacy: interrupted; {interrupted}", err=True)
        raise typer.Exit(130) from None


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option stands on the command line."""
    source = context.get_parameter_source(name)
    return bool(source and source.name == "COMMANDLINE")


def refuse_question_beside(context: typer.Context, by: str, question: Collection[str]) -> None:
    """Raise InputError if options of a question were given, where another option takes it from a folder."""
    asked_by = {option.name: option.opts[0] for option in context.command.params}
    if given := [asked_by[name] for name in context.params if name in question and is_given(context, name)]:
        raise InputError(f"{asked_by[by]} takes the question from the folder: leave out {', '.join(given)}")


def show_progress(items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
    """Yield the items behind a progress bar, which only a terminal shows."""
    from rich.console import Console
    from rich.progress import track

    console = Console()
    return track(items, description, total, console=console, disable=_is_silent(console))


def _is_silent(console: "Console") -> bool:
    """Return whether progress is not to be shown: only a terminal shows it, where all was asked for."""
    return not console.is_terminal or shown() is not Shown.ALL


@contextmanager
def show_gauge(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many bytes are done, which only a terminal shows; what is called with bytes adds them."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=_is_silent(console)) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.advance(task, done)


INSET, INDENT, GAP = " " * 2, " " * 4, " " * 2
"""Before what stands under a head, before what goes on from the line above, and between a heading and its cell."""


def print_json(values: Sequence["Row"] | Mapping[str, object]) -> None:
    """Print plain values as JSON."""
    echo(json.dumps(values, indent=2))


def print_lines(lines: "Lines") -> None:
    """Print sentences under their title."""
    print_wrapped(lines.title, lines.lines)


def print_wrapped(title: str, lines: Iterable[str]) -> None:
    """Print lines under their title, wrapped to the terminal, each under its own head."""
    echo(title)
    for line in lines:
        echo(wrap(line, INSET, INDENT))


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """Return a text wrapped to the terminal, with an indent of its first line and of the others."""
    return "\n".join(_wrapped(text, columns(), first, rest))


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    """Return a text as lines of a width, longer ones only where a word is: no word is cut."""
    wrapper = textwrap.TextWrapper(width, first, rest, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text)


def columns() -> int:
    """Return how many columns text is wrapped to: those of the terminal, as a rule."""
    return max(NARROWEST, shutil.get_terminal_size().columns)


def print_conclusion(lines: Iterable[str]) -> None:
    """Print what a run came to."""
    print_wrapped("Conclusion", lines)


def print_table(table: "Table") -> None:
    """Print a table, with its note as wide as the terminal; one that does not fit it row by row."""
    from rich.console import Console
    from rich.measure import Measurement

    echo(table.title)
    wide, here = Console(width=WIDEST), Console()
    narrow = [heading.replace(" ", "\n") for heading in table.columns]
    tallest = max((len(heading.split()) for heading in table.columns), default=0)
    for headings in (table.columns, narrow) if tallest <= TALLEST else (table.columns,):
        laid_out = _laid_out(table, headings)
        if Measurement.get(wide, wide.options, laid_out).maximum <= here.width:
            here.print(laid_out)
            break
    else:
        _print_rows(table)
    echo(f"{wrap(table.note)}\n")


def _laid_out(table: "Table", columns: Iterable[str]) -> "RichTable":
    """Return a table in columns under headings, which may be narrower than its own."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    laid_out = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=PADDING)
    for column in columns:
        laid_out.add_column(column, no_wrap=True)
    for row in table.rows:
        # Not as markup: a cell may hold names from a file.
        laid_out.add_row(*(Text(cell.replace(" [", "\n[")) for cell in row))
    return laid_out


def _print_rows(table: "Table") -> None:
    """Print each row of a table under its first cell, a column a line; no name is cut."""
    headings = [heading or "-" for heading in table.headings[1:]]
    room = _room(headings, [cell for _, *cells in table.rows for cell in cells])
    echo("")
    for first, *cells in table.rows:
        echo(first)
        for heading, cell in zip(headings, cells, strict=True):
            *above, last = _wrapped(heading, room, INSET, INDENT)
            for line in above:
                echo(line)
            echo(wrap(cell or "-", f"{last:<{room}}{GAP}", " " * (room + len(GAP))))
    echo("")


def _room(headings: Sequence[str], cells: Iterable[str]) -> int:
    """Return how many columns headings take beside cells: their own width, where cells are left theirs or a half."""
    longest = len(INSET) + max(map(len, headings), default=0)
    word = len(INDENT) + max((len(word) for heading in headings for word in heading.split()), default=0)
    free = max(columns() // 2, columns() - max(map(len, cells), default=0)) - len(GAP)
    return min(longest, max(free, word))
