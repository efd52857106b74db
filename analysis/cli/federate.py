"""fedsz-privacy federate."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.options import BatchSize, Data, Epochs, LearningRate, Seed
from analysis.cli.people import one_line_errors, print_table, show_progress


def federate(
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="A release that updates go through; repeat it for more. none is always run.",
            show_default="fedsz:rel=1e-2",
        ),
    ] = None,
    data: Data = "digits",
    model: Annotated[str, typer.Option(help="mlp, cnn, alexnet, mobilenetv2, resnet50, or module:factory.")] = "cnn",
    partition: Annotated[str, typer.Option(help="iid, or dirichlet:0.5 for skewed clients.")] = "iid",
    clients: Annotated[int, typer.Option(help="Clients.")] = 4,
    records: Annotated[int, typer.Option(help="Training records of all clients together.")] = 1200,
    test_records: Annotated[int, typer.Option(help="Test records.")] = 1000,
    rounds: Annotated[int, typer.Option(help="Rounds of federated averaging.")] = 10,
    side: Annotated[int, typer.Option(help="Scale images to side x side; 0 leaves them as they are.")] = 0,
    epochs: Epochs = 5,
    batch_size: BatchSize = 10,
    learning_rate: LearningRate = 0.1,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of the run; an interrupted run in it goes on.")] = Path(
        "runs/federate"
    ),
) -> None:
    """Run federated averaging under releases: accuracy by round, bytes, time, and when compressing pays."""
    with one_line_errors():
        from analysis.studies.federation.report import summary_table, write_federation
        from analysis.studies.federation.run import run_federation
        from analysis.studies.federation.spec import FederationSpec
        from fedsz_privacy.training.descent import Training

        spec = FederationSpec(
            data=data,
            model=model,
            partition=partition,
            defences=tuple(release or ["fedsz:rel=1e-2"]),
            clients=clients,
            records=records,
            test_records=test_records,
            rounds=rounds,
            side=side,
            training=Training(epochs, batch_size, learning_rate),
            seed=seed,
        )
        report, folder = run_federation(spec, out, progress=show_progress)
        page = write_federation(report, folder)
        print_table(summary_table(report))
        typer.echo(page)
