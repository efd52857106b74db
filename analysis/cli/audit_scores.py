"""fedsz-privacy audit-scores."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.reporting.formats import Format
from analysis.studies.scores.spec import ScoresSpec


@asks(ScoresSpec)
def audit_scores(
    asked: dict[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run; a finished run in it is shown.")] = Path("runs/scores"),
    figures: Figures = Format.PNG,
) -> None:
    """Say what anybody's attack scores give away: ROC, intervals, differences, and lower bounds on epsilon."""
    with one_line_errors():
        spec = ScoresSpec(**asked)

        def compute() -> None:
            from analysis.studies.scores.report import write_scores
            from analysis.studies.scores.run import run_scores

            write_scores(*run_scores(spec, out, progress=show_progress))

        finish(out, spec.to_dict(), compute, figures)
