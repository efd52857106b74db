"""How every command ends: with what its run came to, and the path of its page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.people import print_conclusion, print_lines, print_table
from analysis.cli.terminal import Shown, echo, shown
from analysis.reporting.formats import Format, written_as
from analysis.reporting.page import Page
from analysis.reporting.table import Table

Figures = Annotated[Format, typer.Option("--figures", help="A format for papers, beside the PNGs of the page.")]


def finish(folder: Path, asked: Mapping[str, object], compute: Callable[[], object], figures: Format) -> None:
    """Show the run that a folder holds; compute it first if it is not there, not finished, or lacks such figures."""
    from analysis.reporting.finished import has_figures, is_finished
    from analysis.reporting.folder import require_place

    if is_finished(folder, asked) and has_figures(folder, figures):
        if shown() is Shown.ALL:
            echo(f"{folder} holds this run, finished: nothing is computed again", err=True)
    else:
        require_place(folder, asked)
        _require_device(asked)
        with written_as(figures):
            compute()
    show_run(folder)


def show_run(folder: Path) -> None:
    """Print what a finished run ends with, and the path of its page; or as much of it as was asked for.

    Raises
    ------
    InputError
        If the folder holds no finished run.
    """
    from analysis.reporting.finished import RESULTS, reopen

    page, path = reopen(folder)
    if shown() is Shown.JSON:
        echo((folder / RESULTS).read_text().rstrip())
        return
    if shown() is Shown.ALL:
        _print_closing(page)
    echo(path)


def _require_device(asked: Mapping[str, object]) -> None:
    """Raise InputError for a device that is not there, before what takes longer to import than PyTorch."""
    if "device" in asked:
        from fedsz_privacy.core.device import find_device

        find_device(str(asked["device"]))


def _print_closing(page: Page) -> None:
    for part in page.closing:
        if isinstance(part, Table):
            print_table(part)
        else:
            print_lines(part)
            echo("")
    print_conclusion(page.conclusion)
    for warning in page.warnings:
        echo(f"warning: {warning}", err=True)
