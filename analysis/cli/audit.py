"""fedsz-privacy audit."""

from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, refuse_question_beside, show_progress
from analysis.cli.questions import asks
from analysis.cli.seeds import Seeds, play_seeds, refuse_seed_beside, tell_of_one_seed
from analysis.cli.terminal import say
from analysis.reporting.formats import Format
from analysis.studies.audit.spec import AuditSpec
from fedsz_privacy.core.errors import InputError

if TYPE_CHECKING:
    from analysis.reporting.workers import Workers


@asks(AuditSpec)
def audit(
    context: typer.Context,
    asked: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run in it goes on, a finished one is shown.")
    ] = Path("runs/audit"),
    seeds: Seeds = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder, asked as it was.", show_default=False)
    ] = None,
    trust_imports: Annotated[
        bool, typer.Option("--trust-imports", help="Run the code that the folder of --resume names.")
    ] = False,
    workers: Annotated[int, typer.Option(help="Processes that play trials at once.")] = 1,
    backend: Annotated[str, typer.Option(help="Where workers run: loky (this machine), ray, or dask.")] = "loky",
    figures: Figures = Format.PNG,
) -> None:
    """Train a federated client, pass its updates through defences, attack what left, and report."""
    with one_line_errors():
        if resume:
            refuse_question_beside(context, "resume", ("out", "seeds", *(each.name for each in fields(AuditSpec))))
        elif trust_imports:
            raise InputError("--trust-imports says nothing without --resume: leave it out, what you type is trusted")

        refuse_seed_beside(context, seeds)

        from analysis.reporting.workers import Workers
        from analysis.studies.questions import only_trusted, read_plain, read_question, to_plain
        from analysis.studies.seeds.spec import SeedsSpec, settle

        players, folder = Workers(workers, backend), resume or out
        spec = None if resume else AuditSpec(**asked) if seeds is None else settle(asked, seeds, AuditSpec, SeedsSpec)
        question = to_plain("audit", spec) if spec else read_plain(folder, "audit")

        def compute() -> None:
            tell_of_one_seed(seeds)
            with nullcontext() if spec or trust_imports else only_trusted(folder, question):
                settled = spec or read_question(folder, "audit", SeedsSpec if "seeds" in question else AuditSpec)
                _play(settled, folder, players)

        finish(folder, question, compute, figures)


def _play(spec: AuditSpec, folder: Path, players: "Workers") -> None:
    """Run an audit, or several, and write what came of it."""
    from analysis.studies.seeds.spec import SeedsSpec

    if isinstance(spec, SeedsSpec):
        play_seeds(spec, folder, players)
        return

    from analysis.studies.audit.report import write_report
    from analysis.studies.audit.run import run_audit

    write_report(*run_audit(spec, folder, players, show_progress, say))
