"""fedsz-privacy recommend."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.cli.terminal import say
from analysis.reporting.formats import Format
from analysis.studies.recommend.spec import RecommendSpec


@asks(RecommendSpec)
def recommend(
    asked: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run in it goes on, a finished one is shown.")
    ] = Path("runs/recommend"),
    workers: Annotated[int, typer.Option(help="Processes that run federations at once, a seed each.")] = 1,
    backend: Annotated[str, typer.Option(help="Where workers run: loky (this machine), ray, or dask.")] = "loky",
    figures: Figures = Format.PNG,
) -> None:
    """Recommend the loosest error bound that costs little enough, with what it saves and what it changes in leakage."""
    with one_line_errors():
        from analysis.reporting.workers import Workers
        from analysis.studies.questions import to_plain

        players, spec = Workers(workers, backend), RecommendSpec(**asked)

        def compute() -> None:
            from analysis.studies.recommend.report import write_recommend
            from analysis.studies.recommend.run import run_recommend

            write_recommend(*run_recommend(spec, out, players, show_progress, say))

        finish(out, to_plain("recommend", spec), compute, figures)
