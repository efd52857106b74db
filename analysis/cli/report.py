"""fedsz-privacy report."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.finish import show_run
from analysis.cli.output import with_output
from analysis.cli.people import one_line_errors


@with_output
def report(
    folder: Annotated[Path, typer.Argument(help="Folder of a finished run of any command.", metavar="folder")],
) -> None:
    """Show a finished run again: its closing table and its page, which is written anew if it is gone."""
    with one_line_errors():
        show_run(folder)
