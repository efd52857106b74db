"""fedsz-privacy noise."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.reporting.formats import Format
from analysis.studies.noise.spec import NoiseSpec


@asks(NoiseSpec)
def noise(
    asked: dict[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run; a finished run in it is shown.")] = Path("runs/noise"),
    figures: Figures = Format.PNG,
) -> None:
    """Find out whether the error of a release is privacy noise: its distribution, what decides it, what it hides."""
    with one_line_errors():
        spec = NoiseSpec(**asked)

        def compute() -> None:
            from analysis.studies.noise.report import write_noise_report
            from analysis.studies.noise.run import run_noise

            write_noise_report(*run_noise(spec, out, show_progress))

        finish(out, spec.to_dict(), compute, figures)
