"""What a person at a terminal sees: progress, tables, and one line where something is wrong."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer

from fedsz_privacy.core.errors import InputError, printable

if TYPE_CHECKING:
    from analysis.reporting.page import Lines
    from analysis.reporting.table import Table

Item = TypeVar("Item")

WIDEST = 1000


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
        typer.echo(f"fedsz-privacy: {printable(str(error))}", err=True)
        raise typer.Exit(2) from None
    except SystemExit as error:
        line = f"code of the run called sys.exit({error.code!r}): leave that out, or raise an error"
        typer.echo(f"fedsz-privacy: {line}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo(f"fedsz-privacy: interrupted; {interrupted}", err=True)
        raise typer.Exit(130) from None


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option stands on the command line."""
    source = context.get_parameter_source(name)
    return bool(source and source.name == "COMMANDLINE")


def refuse_options_beside(context: typer.Context, *allowed: str) -> None:
    """Raise InputError if an option other than those allowed was given; the first of them is why."""
    asked_by = {option.name: option.opts[0] for option in context.command.params}
    given = [asked_by[name] for name in context.params if name not in allowed and is_given(context, name)]
    if given:
        raise InputError(f"--{allowed[0]} takes the question from the folder: leave out {', '.join(given)}")


def show_progress(items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
    """Yield the items behind a progress bar, which only a terminal shows."""
    from rich.console import Console
    from rich.progress import track

    console = Console()
    return track(items, description, total, console=console, disable=not console.is_terminal)


@contextmanager
def show_gauge(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how many bytes are done, which only a terminal shows; what is called with bytes adds them."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.advance(task, done)


def print_lines(lines: "Lines") -> None:
    """Print sentences under their title."""
    typer.echo(lines.title)
    for line in lines.lines:
        typer.echo(f"  {line}")


def print_table(table: "Table") -> None:
    """Print a table, intervals on a line of their own; a wide one goes on beyond the terminal, for no name is cut."""
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(title=table.title, caption=table.note, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        shown.add_column(column, no_wrap=True)
    for row in table.rows:
        # Not as markup: a cell may hold names from a file.
        shown.add_row(*(Text(cell.replace(" [", "\n[")) for cell in row))
    wide = Console(width=WIDEST)
    needed = Measurement.get(wide, wide.options, shown).maximum
    Console(width=max(Console().width, needed)).print(shown)
