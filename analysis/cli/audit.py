"""fedsz-privacy audit."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import finish
from analysis.cli.people import one_line_errors, refuse_options_beside, show_progress
from analysis.cli.questions import asks
from analysis.studies.audit.spec import AuditSpec
from fedsz_privacy.core.errors import InputError


@asks(AuditSpec)
def audit(
    context: typer.Context,
    asked: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run in it goes on, a finished one is shown.")
    ] = Path("runs/audit"),
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder, asked as it was.", show_default=False)
    ] = None,
    trust_imports: Annotated[
        bool, typer.Option("--trust-imports", help="Run the code that the folder of --resume names.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes that play trials at once.")] = 1,
    backend: Annotated[str, typer.Option(help="Where workers run: loky (this machine), ray, or dask.")] = "loky",
) -> None:
    """Train a federated client, pass its updates through defences, attack what left, and report."""
    with one_line_errors():
        if resume:
            refuse_options_beside(context, "resume", "workers", "backend", "trust_imports")
        elif trust_imports:
            raise InputError("--trust-imports says nothing without --resume: leave it out, what you type is trusted")

        from analysis.reporting.workers import Workers
        from analysis.studies.questions import only_trusted, read_plain, read_question, to_plain

        players, folder = Workers(workers, backend), resume or out
        spec = None if resume else AuditSpec(**asked)
        question = to_plain("audit", spec) if spec else read_plain(folder, "audit")

        def compute() -> None:
            with nullcontext() if spec or trust_imports else only_trusted(folder, question):
                settled = spec or read_question(folder, "audit", AuditSpec)

                from analysis.studies.audit.report import write_report
                from analysis.studies.audit.run import run_audit

                write_report(*run_audit(settled, folder, players, show_progress, typer.echo))

        finish(folder, question, compute)
