"""fedsz-privacy bench."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.reporting.formats import Format
from analysis.studies.bench.spec import BenchSpec


@asks(BenchSpec)
def bench(
    asked: dict[str, Any],
    out: Annotated[Path, typer.Option(help="Folder of the run; a finished run in it is shown.")] = Path("runs/bench"),
    figures: Figures = Format.PNG,
) -> None:
    """Measure compressors on real weights: ratio, rate, peak error, distance from entropy."""
    with one_line_errors():
        spec = BenchSpec(**asked)

        def compute() -> None:
            from analysis.studies.bench.report import write_bench
            from analysis.studies.bench.run import run_bench

            write_bench(*run_bench(spec, out, progress=show_progress))

        finish(out, spec.to_dict(), compute, figures)
