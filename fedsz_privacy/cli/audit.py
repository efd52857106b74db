"""fedsz-privacy audit."""

from pathlib import Path
from typing import Annotated

import typer

from fedsz_privacy.cli.people import one_line_errors, print_table, show_progress


def audit(
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="A defence to audit, such as fedsz:rel=1e-2 or dpsgd:eps=8; repeat it for more. none is always there.",
            show_default="fedsz at REL 1e-3, 1e-2, 1e-1 and 3e-1",
        ),
    ] = None,
    data: Annotated[
        str, typer.Option(help="digits, a folder of parquet files, or owner/name on the Hugging Face hub.")
    ] = "digits",
    model: Annotated[str, typer.Option(help="mlp or cnn.")] = "mlp",
    trials: Annotated[int, typer.Option(help="Times that the target client trains.")] = 128,
    candidates: Annotated[int, typer.Option(help="Records that may be members.")] = 200,
    clients: Annotated[int, typer.Option(help="Clients, the target included.")] = 5,
    rounds: Annotated[int, typer.Option(help="Rounds of federated averaging before the target joins.")] = 10,
    epochs: Annotated[int, typer.Option(help="Local epochs.")] = 5,
    batch_size: Annotated[int, typer.Option(help="Records in a batch.")] = 10,
    learning_rate: Annotated[float, typer.Option(help="Step size.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it goes on.")] = Path(
        "runs/audit"
    ),
) -> None:
    """Train a federated client, pass its updates through releases, attack what left, and report."""
    with one_line_errors():
        from analysis.audit import run_audit
        from analysis.report import write_report
        from analysis.spec import DEFAULT_RELEASES, AuditSpec
        from analysis.tables import closing_table
        from fedsz_privacy.training import Training

        spec = AuditSpec(
            data=data,
            model=model,
            releases=tuple(release or DEFAULT_RELEASES),
            trials=trials,
            candidates=candidates,
            clients=clients,
            rounds=rounds,
            training=Training(epochs, batch_size, learning_rate),
            seed=seed,
        )
        report, folder = run_audit(spec, out, progress=show_progress)
        page = write_report(report, folder)
        print_table(closing_table(report))
        typer.echo(page)
