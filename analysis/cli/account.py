"""fedsz-privacy account."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli.once import OnceCommand, OneLineGroup
from analysis.cli.output import Json
from analysis.cli.people import one_line_errors, print_json, print_table, print_wrapped

if TYPE_CHECKING:
    from analysis.studies.account.found import Account

account = typer.Typer(cls=OneLineGroup, no_args_is_help=True)

Delta = Annotated[float, typer.Option(help="The delta of every epsilon.")]
Halt = Annotated[
    float | None,
    typer.Option(help="Epsilon: say after how many steps, or rounds, it is spent.", show_default=False),
]
Rounds = Annotated[int, typer.Option(help="Rounds that a client is in, or may be in.")]
Clip = Annotated[float, typer.Option(help="L2 norm that a client's whole update is clipped to.")]
Noise = Annotated[
    float | None,
    typer.Option(help="Standard deviation of the noise on the sum, over the clip norm.", show_default=False),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        help="In place of a noise multiplier: find the least that guarantees this (zero-out).", show_default=False
    ),
]


@account.callback()
def about() -> None:
    """State the guarantee of a configuration, for a named unit of privacy and adjacency; nothing is trained."""


@account.command(cls=OnceCommand)
def dpsgd(
    *,
    sampling_rate: Annotated[float, typer.Option(help="Probability that a record is in a batch: batch over records.")],
    steps: Annotated[int, typer.Option(help="Steps of training.")],
    noise_multiplier: Noise = None,
    epsilon: Epsilon = None,
    delta: Delta = 1e-5,
    halt_at: Halt = None,
    json: Json = False,
) -> None:
    """DP-SGD: sampling rate, noise multiplier and steps; unit of privacy one record."""

    def state() -> "Account":
        from analysis.studies.account import kinds

        return kinds.dpsgd(noise_multiplier, epsilon, sampling_rate, steps, delta, halt_at)

    _show(state, json)


@account.command("local-dp", cls=OnceCommand)
def local_dp(
    *,
    clip_norm: Clip,
    sensitivity: Annotated[float, typer.Option(help="Sensitivity, as LocalDpMod is told.")],
    epsilon: Annotated[float, typer.Option(help="Epsilon, as LocalDpMod is told.")],
    delta: Delta = 1e-5,
    rounds: Rounds = 1,
    halt_at: Halt = None,
    json: Json = False,
) -> None:
    """Flower's LocalDpMod: clipping norm, sensitivity, epsilon and delta; unit of privacy one client's update."""

    def state() -> "Account":
        from analysis.studies.account import kinds

        return kinds.local_dp(clip_norm, sensitivity, epsilon, rounds, delta, halt_at)

    _show(state, json)


@account.command(cls=OnceCommand)
def gaussian(
    *,
    rounds: Rounds,
    noise_multiplier: Noise = None,
    epsilon: Epsilon = None,
    clip_norm: Clip = 1.0,
    client_sampling: Annotated[float, typer.Option(help="Probability that a client is in a round.")] = 1.0,
    delta: Delta = 1e-5,
    halt_at: Halt = None,
    json: Json = False,
) -> None:
    """Gaussian noise on the sum of clipped updates, clients sampled in each round; unit of privacy one client."""

    def state() -> "Account":
        from analysis.studies.account import kinds

        return kinds.gaussian(clip_norm, noise_multiplier, epsilon, client_sampling, rounds, delta, halt_at)

    _show(state, json)


def _show(state: Callable[[], "Account"], json: bool) -> None:
    with one_line_errors():
        from analysis.studies.account.table import account_table

        found = state()
        if json:
            print_json(found.to_dict())
            return
        print_table(account_table(found))
        if found.notes:
            print_wrapped("To know", found.notes)
