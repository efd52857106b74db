"""The command line, a file for each command."""

from importlib.metadata import version
from typing import Annotated

import typer

from analysis.cli.account import account
from analysis.cli.audit import audit
from analysis.cli.audit_clients import audit_clients
from analysis.cli.audit_scores import audit_scores
from analysis.cli.audit_updates import audit_updates
from analysis.cli.bench import bench
from analysis.cli.compress import compress
from analysis.cli.decompress import decompress
from analysis.cli.federate import federate
from analysis.cli.inspect import inspect
from analysis.cli.noise import noise
from analysis.cli.once import OnceCommand, OneLineGroup
from analysis.cli.recommend import recommend
from analysis.cli.report import report
from analysis.cli.terminal import settle

app = typer.Typer(cls=OneLineGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"fedsz-privacy {version('fedsz-privacy')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Find out what a compressed model update gives away."""


COMMANDS = (
    audit, audit_clients, audit_updates, audit_scores, noise, bench, federate, recommend, compress, decompress, inspect,
    report,
)  # fmt: skip

for command in COMMANDS:
    app.command(cls=OnceCommand)(command)
app.add_typer(account, name="account")


def main() -> None:
    """Run the command line."""
    settle()
    app()
