"""Commands that refuse two values for an option that takes one."""

from collections import Counter
from typing import Any

from typer.core import TyperCommand

from analysis.cli.people import one_line_errors
from fedsz_privacy.core.errors import InputError


class OnceCommand(TyperCommand):
    """A command whose options of one value may be given once: of two values one would be dropped in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments, and end with one line if an option that takes one value has several."""
        _, _, given = self.make_parser(ctx).parse_args(args=list(args))
        single = Counter(each for each in given if each.param_type_name == "option" and not each.multiple)
        with one_line_errors():
            for option, times in single.items():
                if times > 1:
                    raise InputError(f"{option.opts[0]} is given {times} times: give it once")
        return super().parse_args(ctx, args)
