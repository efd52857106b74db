"""Commands that end in one line on options they cannot take, two values for an option of one among them."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from analysis.cli.people import one_line_errors
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest

# Typer brings click under a name that differs between its versions; this class is click's in each of them.
UsageError: Any = typer.BadParameter.__base__

CHOICES = re.compile(r".* is not one of (.*?)\.?", re.DOTALL)
NUMBERS = {
    "valid integer": "give a whole number",
    "valid number": "give a number",
    "valid float": "give a number",
}
"""What to give in place of a value of which a version of typer says that it is not this."""


class OneLineGroup(TyperGroup):
    """A group of commands that names an unknown one in one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options before the command; without any, show the help."""
        if not args:
            return super().parse_args(ctx, args)
        with _one_line_usage("--help"):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the arguments name."""
        with _one_line_usage("--help"):
            return super().resolve_command(ctx, args)


class OnceCommand(TyperCommand):
    """A command whose options of one value may be given once: of two values one would be dropped in silence.

    Its help shows numbers as reports do.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for each in self.params:
            if isinstance(each.default, float):
                # Typer shows a default as Python writes it, 1e-05, and reads one that is spelt as an option would be.
                each.default = write_shortest(each.default)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, and end with one line if one cannot be read, or an option of one value has several."""
        with _one_line_usage(f"{' '.join(ctx.command_path.split()[1:])} --help"):
            values, _, given = self.make_parser(ctx).parse_args(args=list(args))
            single = Counter(each for each in given if each.param_type_name == "option" and not each.multiple)
            for option, times in single.items():
                if times > 1:
                    raise InputError(f"{option.opts[0]} is given {times} times: give it once")
            try:
                return super().parse_args(ctx, args)
            except typer.BadParameter as error:
                value = values.get(error.param.name) if error.param else None
                # Of a value that is missing, some versions of click give a mark of their own, and never a message.
                if not error.param or value is None or not error.message:
                    raise
                shown = (" ".join(map(str, value)) if isinstance(value, list) else value) or "''"
                raise InputError(f"{error.param.opts[0]} {shown}: {_remedy(error.message)}") from error


def _remedy(message: str) -> str:
    """Return what to write in place of a value that is refused; click and pydantic say it in many words."""
    if choices := CHOICES.fullmatch(message):
        return "choose one of " + choices[1].replace("'", "")
    return next((remedy for found, remedy in NUMBERS.items() if found in message), message.rstrip("."))


@contextmanager
def _one_line_usage(help_options: str) -> Iterator[None]:
    with one_line_errors():
        try:
            yield
        except UsageError as error:
            raise InputError(f"{error.format_message().rstrip('.')}; see fedsz-privacy {help_options}") from error
