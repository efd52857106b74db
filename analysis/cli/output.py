"""The options of every command that say how much it prints."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from analysis.cli.people import one_line_errors
from analysis.cli.terminal import Shown, showing
from fedsz_privacy.core.errors import InputError

Quiet = Annotated[bool, typer.Option("--quiet", help="Print the path of the page, or of the file, and nothing else.")]
Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON, and nothing else.")]


def with_output(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes ``--quiet`` and ``--json`` besides its own options."""
    own = signature(command)

    @wraps(command)
    def run(*, quiet: bool, json: bool, **given: Any) -> None:
        with one_line_errors():
            if quiet and json:
                raise InputError("--quiet and --json print different things: give one of them")
        with showing(Shown.JSON if json else Shown.PATH if quiet else Shown.ALL):
            command(**given)

    added = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
        for name, annotation in (("quiet", Quiet), ("json", Json))
    ]
    parameters = [*(each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values()), *added]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run
