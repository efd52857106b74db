"""The command line: the one room that sees all three packages, a file for each command."""

import typer

from analysis.cli.account import account
from analysis.cli.audit import audit
from analysis.cli.audit_clients import audit_clients
from analysis.cli.audit_scores import audit_scores
from analysis.cli.audit_updates import audit_updates
from analysis.cli.bench import bench
from analysis.cli.federate import federate
from analysis.cli.noise import noise
from analysis.cli.once import OnceCommand, OneLineGroup
from analysis.cli.recommend import recommend
from analysis.cli.report import report

app = typer.Typer(cls=OneLineGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def root() -> None:
    """Find out what a compressed model update gives away."""


for command in (audit, audit_clients, audit_updates, audit_scores, noise, bench, federate, recommend, report):
    app.command(cls=OnceCommand)(command)
app.add_typer(account, name="account")


def main() -> None:
    """Run the command line."""
    app()
