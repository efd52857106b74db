"""fedsz-privacy audit."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.options import BatchSize, Data, Epochs, LearningRate, Seed
from analysis.cli.people import one_line_errors, print_table, refuse_options_beside, show_progress


def audit(
    context: typer.Context,
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="A defence to audit, such as fedsz:rel=1e-2 or dpsgd:eps=8; repeat it for more. none is always there.",
            show_default="fedsz at REL 1e-3, 1e-2, 1e-1 and 3e-1",
        ),
    ] = None,
    signal: Annotated[
        list[str] | None,
        typer.Option(
            help="An attack to run, such as lira, rmia, fedmia-cosine, or module:NAME; repeat it for more.",
            show_default="loss, cosine and lira",
        ),
    ] = None,
    adversary: Annotated[
        str, typer.Option(help="What it sees: update, server, aggregate, final-model, or module:NAME.")
    ] = "update",
    target_rounds: Annotated[int, typer.Option(help="Rounds that the target takes part in.")] = 1,
    canary: Annotated[
        list[str] | None,
        typer.Option(
            help="Worst-case records beside the candidates, such as mislabelled:20, outlier:20 or duplicated:20.",
            show_default="none",
        ),
    ] = None,
    gradient_canaries: Annotated[
        int, typer.Option(help="Directions put into the gradients, to audit the training rule itself.")
    ] = 0,
    data: Data = "digits",
    model: Annotated[str, typer.Option(help="mlp, cnn, or module:factory.")] = "mlp",
    trials: Annotated[int, typer.Option(help="Times that the target client trains.")] = 128,
    candidates: Annotated[int, typer.Option(help="Records that may be members.")] = 200,
    clients: Annotated[int, typer.Option(help="Clients, the target included.")] = 5,
    client_records: Annotated[int, typer.Option(help="Most records of each other client.")] = 300,
    rounds: Annotated[int, typer.Option(help="Rounds of federated averaging before the target joins.")] = 10,
    epochs: Epochs = 5,
    batch_size: BatchSize = 10,
    learning_rate: LearningRate = 0.1,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it goes on.")] = Path(
        "runs/audit"
    ),
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the run in this folder, asked as it was.", show_default=False)
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that play trials at once.")] = 1,
    backend: Annotated[str, typer.Option(help="Where workers run: loky (this machine), ray, or dask.")] = "loky",
) -> None:
    """Train a federated client, pass its updates through releases, attack what left, and report."""
    with one_line_errors():
        if resume:
            refuse_options_beside(context, "resume", "workers", "backend")

        from analysis.reporting.workers import Workers
        from analysis.studies.audit.presentation.tables import closing_table
        from analysis.studies.audit.report import write_report
        from analysis.studies.audit.run import run_audit
        from analysis.studies.audit.spec import DEFAULT_DEFENCES, DEFAULT_SIGNALS, AuditSpec, read_spec
        from fedsz_privacy.training.descent import Training

        players = Workers(workers, backend)
        spec = (
            read_spec(resume)
            if resume
            else AuditSpec(
                data=data,
                model=model,
                defences=tuple(release or DEFAULT_DEFENCES),
                signals=tuple(signal or DEFAULT_SIGNALS),
                adversary=adversary,
                target_rounds=target_rounds,
                canaries=tuple(canary or ()),
                gradient_canaries=gradient_canaries,
                trials=trials,
                candidates=candidates,
                clients=clients,
                client_records=client_records,
                rounds=rounds,
                training=Training(epochs, batch_size, learning_rate),
                seed=seed,
            )
        )
        report, folder = run_audit(spec, resume or out, players, show_progress)
        page = write_report(report, folder)
        print_table(closing_table(report))
        typer.echo(page)
