"""fedsz-privacy federate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.people import one_line_errors, print_table, show_progress
from analysis.cli.questions import asks
from analysis.studies.federation.spec import FederationSpec


@asks(FederationSpec)
def federate(
    asked: dict[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it goes on.")] = Path(
        "runs/federate"
    ),
) -> None:
    """Run federated averaging under defences: performance by round, bytes, time, and when compressing pays."""
    with one_line_errors():
        from analysis.studies.federation.report import summary_table, write_federation
        from analysis.studies.federation.run import run_federation

        report, folder = run_federation(FederationSpec(**asked), out, progress=show_progress)
        page = write_federation(report, folder)
        print_table(summary_table(report))
        typer.echo(page)
