"""Several seeds of one question on the command line."""

from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.people import is_given, show_progress
from analysis.cli.terminal import say
from fedsz_privacy.core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.reporting.workers import Workers
    from analysis.studies.seeds.spec import Several

Seeds = Annotated[
    str | None, typer.Option(help="Seeds of as many audits, such as 0-4 or 0,3,7, and what they say together.")
]


def refuse_seed_beside(context: typer.Context, seeds: str | None) -> None:
    """Raise InputError where one seed was given beside several."""
    if seeds is not None and is_given(context, "seed"):
        raise InputError(f"--seeds {seeds} names every seed: leave out --seed")


def tell_of_one_seed(seeds: str | None) -> None:
    """Say that there is no interval over seeds where one alone was named."""
    from analysis.studies.seeds.spec import parse_seeds

    if seeds is not None and len(parse_seeds(seeds)) == 1:
        say(f"--seeds {seeds} is one seed, so there is no interval over seeds: two or more have one")


def play_seeds(spec: "Several", folder: "Path", players: "Workers") -> None:
    """Run an audit for each seed, and write what they say together."""
    from analysis.studies.seeds.report import write_seeds
    from analysis.studies.seeds.run import run_seeds

    write_seeds(*run_seeds(spec, folder, players, show_progress, say))
