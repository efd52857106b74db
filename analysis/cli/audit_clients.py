"""fedsz-privacy audit-clients."""

from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.cli.finish import Figures, finish
from analysis.cli.people import one_line_errors, show_progress
from analysis.cli.questions import asks
from analysis.cli.seeds import Seeds, play_seeds, refuse_seed_beside, tell_of_one_seed
from analysis.cli.terminal import say
from analysis.reporting.formats import Format
from analysis.studies.clients.spec import ClientsSpec


@asks(ClientsSpec)
def audit_clients(
    context: typer.Context,
    asked: dict[str, Any],
    out: Annotated[
        Path, typer.Option(help="Folder of the run; an interrupted run in it goes on, a finished one is shown.")
    ] = Path("runs/audit-clients"),
    seeds: Seeds = None,
    workers: Annotated[int, typer.Option(help="Processes that play trials at once.")] = 1,
    backend: Annotated[str, typer.Option(help="Where workers run: loky (this machine), ray, or dask.")] = "loky",
    figures: Figures = Format.PNG,
) -> None:
    """Let coins decide which clients take part, attack what the server makes of their updates, and report."""
    with one_line_errors():
        from analysis.reporting.workers import Workers
        from analysis.studies.questions import to_plain
        from analysis.studies.seeds.spec import ClientsSeedsSpec, settle

        refuse_seed_beside(context, seeds)
        players = Workers(workers, backend)
        spec = ClientsSpec(**asked) if seeds is None else settle(asked, seeds, ClientsSpec, ClientsSeedsSpec)

        def compute() -> None:
            tell_of_one_seed(seeds)
            if isinstance(spec, ClientsSeedsSpec):
                play_seeds(spec, out, players)
                return

            from analysis.studies.clients.report import write_clients
            from analysis.studies.clients.run import run_clients

            write_clients(*run_clients(spec, out, players, show_progress, say))

        finish(out, to_plain("audit-clients", spec), compute, figures)
