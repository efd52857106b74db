"""fedsz-privacy report."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.finish import show_run
from analysis.cli.output import with_output
from analysis.cli.people import one_line_errors
from analysis.cli.terminal import say
from analysis.reporting.formats import TableFormat


@with_output
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished run of any command.", metavar="folder")],
    tables: Annotated[
        TableFormat | None,
        typer.Option(help="Say where its tables are: numbers as csv, or those of the page, written now as tex."),
    ] = None,
) -> None:
    """Show a finished run again: its closing table and its page, which is written anew if it is gone."""
    with one_line_errors():
        show_run(folder)
        if tables:
            from analysis.reporting.finished import tables_of

            for path in tables_of(folder, tables):
                say(str(path))
