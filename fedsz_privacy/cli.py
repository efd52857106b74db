"""The command line: the one module that sees all three packages."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from fedsz_privacy.errors import InputError

if TYPE_CHECKING:
    from analysis.tables import Table

Item = TypeVar("Item")

TABLE_WIDTH = 120

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Audit what a compressed model update gives away."""


@app.command()
def audit(
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="A release to audit, such as fedsz:rel=1e-2; repeat it for more. none is always audited.",
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
    with _for_people():
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
        report, folder = run_audit(spec, out, progress=_show_progress)
        page = write_report(report, folder)
        _print_table(closing_table(report))
        typer.echo(page)


def _show_progress(items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
    from rich.progress import track

    return track(items, description, total)


@contextmanager
def _for_people() -> Iterator[None]:
    """End a request that cannot be met, or was interrupted, with one line instead of a traceback."""
    try:
        yield
    except InputError as error:
        typer.echo(f"fedsz-privacy: {error}", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo("fedsz-privacy: interrupted; the same command goes on from here", err=True)
        raise typer.Exit(130) from None


def _print_table(table: "Table") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    shown = RichTable(title=table.title, caption=table.note, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        shown.add_column(column, no_wrap=True)
    for row in table.rows:
        shown.add_row(*(cell.replace(" [", "\n[") for cell in row))
    Console(width=max(TABLE_WIDTH, Console().width)).print(shown)


def main() -> None:
    """Run the command line."""
    app()
