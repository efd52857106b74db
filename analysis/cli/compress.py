"""fedsz-privacy compress."""

from typing import Any

import typer

from analysis.cli.outputs import INTERRUPTED, Force, Output, require_output
from analysis.cli.people import one_line_errors, print_table, show_gauge
from analysis.cli.questions import asks
from analysis.studies.files.spec import CompressSpec


@asks(CompressSpec)
def compress(asked: dict[str, Any], out: Output, force: Force = False) -> None:
    """Compress a state, or an update, under an error bound, and say what became of each tensor."""
    with one_line_errors(INTERRUPTED):
        spec = CompressSpec(**asked)
        require_output(out, force, spec.source, spec.before)

        from analysis.studies.files import compress as study

        done = study.compress(spec, out, show_gauge)
        print_table(done.table())
        for note in done.notes():
            typer.echo(note)
        for warning in done.warnings():
            typer.echo(f"warning: {warning}", err=True)
        typer.echo(out)
