"""fedsz-privacy federate."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.cli.terminal import say
from analysis.reporting.formats import Format
from analysis.studies.federation.spec import FederationSpec


@asks(FederationSpec)
def federate(
    asked: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run in it goes on, a finished one is shown.")
    ] = Path("runs/federate"),
    record: Annotated[
        Path | None,
        typer.Option(help="Record the rounds without a defence in this folder, for audit-updates.", show_default=False),
    ] = None,
    figures: Figures = Format.PNG,
) -> None:
    """Run federated averaging under defences: performance by round, bytes, time, and when compressing pays."""
    with one_line_errors():
        from analysis.studies.questions import to_plain

        spec = FederationSpec(**asked)
        question = to_plain("federate", spec)
        if record:
            from analysis.reporting.finished import is_finished
            from analysis.studies.federation.record import require_apart, require_recorded

            require_apart(record, out)
            if is_finished(out, question):
                require_recorded(record, spec.rounds, out)

        def compute() -> None:
            from analysis.studies.federation.report import write_federation
            from analysis.studies.federation.run import run_federation

            write_federation(*run_federation(spec, out, show_progress, say, record))

        finish(out, question, compute, figures)
