"""Commands that refuse what they cannot read in one line, and two values for an option that takes one."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand

from analysis.cli.people import one_line_errors
from fedsz_privacy.core.errors import InputError

UsageError: type[Any] = BadParameter.__mro__[1]
"""What typer raises where it cannot read arguments; the package that it comes from changed with typer's versions."""


class OnceCommand(TyperCommand):
    """A command whose options of one value may be given once: of two values one would be dropped in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, and end with one line if an option that takes one value has several."""
        with one_line_errors(), _in_one_line(self.name):
            _, _, given = self.make_parser(ctx).parse_args(args=list(args))
            single = Counter(each for each in given if each.param_type_name == "option" and not each.multiple)
            for option, times in single.items():
                if times > 1:
                    raise InputError(f"{option.opts[0]} is given {times} times: give it once")
            return super().parse_args(ctx, args)


@contextmanager
def _in_one_line(command: str | None) -> Iterator[None]:
    """Make an InputError of what typer says of arguments that it cannot read."""
    try:
        yield
    except UsageError as error:
        said = " ".join(error.format_message().split())
        raise InputError(f"{said.rstrip('.')}: see fedsz-privacy {command} --help") from None
