"""fedsz-privacy audit-updates."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.cli.terminal import say
from analysis.reporting.formats import Format
from analysis.studies.recorded.spec import RecordedSpec
from fedsz_privacy.core.errors import InputError


@asks(RecordedSpec)
def audit_updates(
    asked: dict[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run; a finished run in it is shown.")] = Path(
        "runs/audit-updates"
    ),
    trust_imports: Annotated[
        bool, typer.Option("--trust-imports", help="Run the code that the recording names.")
    ] = False,
    figures: Figures = Format.PNG,
) -> None:
    """Pass updates that clients trained already through releases, attack what leaves, and report."""
    with one_line_errors():
        spec = RecordedSpec(**asked)
        if trust_imports and not spec.recording:
            raise InputError("--trust-imports says nothing without a recording: leave it out, what you type is trusted")

        def compute() -> None:
            from analysis.studies.recorded.report import write_recorded
            from analysis.studies.recorded.run import run_recorded

            write_recorded(*run_recorded(spec, out, trust_imports, show_progress, say))

        finish(out, spec.to_dict(), compute, figures)
