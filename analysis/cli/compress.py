"""fedsz-privacy compress."""

from typing import Any

from analysis.cli.outputs import INTERRUPTED, Force, Output, require_output
from analysis.cli.people import one_line_errors, print_json, print_table, show_gauge
from analysis.cli.questions import asks
from analysis.cli.terminal import Shown, echo, shown
from analysis.studies.files.spec import CompressSpec


@asks(CompressSpec)
def compress(asked: dict[str, Any], out: Output, force: Force = False) -> None:
    """Compress a state, or an update, under an error bound, and say what became of each tensor."""
    with one_line_errors(INTERRUPTED):
        spec = CompressSpec(**asked)
        require_output(out, force, spec.source, spec.before)

        from analysis.studies.files import compress as study

        done = study.compress(spec, out, show_gauge)
        for warning in done.warnings():
            echo(f"warning: {warning}", err=True)
        if shown() is Shown.JSON:
            print_json(done.rows())
            return
        if shown() is Shown.ALL:
            print_table(done.table())
            for note in done.notes():
                echo(note)
        echo(out)
