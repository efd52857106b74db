"""Options that mean the same to several commands."""

from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Option(help="digits, an .npz file, a folder of parquet files, owner/name on the hub, or module:function."),
]
Epochs = Annotated[int, typer.Option(help="Local epochs.")]
BatchSize = Annotated[int, typer.Option(help="Records in a batch.")]
LearningRate = Annotated[float, typer.Option(help="Step size.")]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.")]
