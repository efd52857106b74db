"""Commands made from questions: an option or argument for each field of a spec, default and help written there once."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from types import GenericAlias
from typing import Annotated, Any, get_args, get_type_hints

import typer

from analysis.cli.output import with_output


def asks(kind: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command the options of a question.

    The command gets them as ``asked``, a dict of fields, and its own options under their names. The question is made by
    the command, where errors become one line.
    """
    hints = get_type_hints(kind)
    asked = [_parameter(each, hints[each.name]) for each in fields(kind)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [each for each in signature(command).parameters.values() if each.name != "asked"]

        @wraps(command)
        def run(**given: Any) -> None:
            answers = {each.name: given.pop(each.name) for each in asked}
            command(asked={name: _settled(value) for name, value in answers.items() if value is not None}, **given)

        parameters = [*(each for each in own if each.default is Parameter.empty), *asked]
        parameters += [each for each in own if each.default is not Parameter.empty]
        run.__signature__ = Signature(  # type: ignore[attr-defined]
            [each.replace(kind=Parameter.KEYWORD_ONLY) for each in parameters]
        )
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        return with_output(run)

    return decorate


def _settled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _parameter(field: Field[Any], hint: Any) -> Parameter:
    several = isinstance(field.default, tuple)
    settings = _settings(field)
    annotation: Any = (
        Annotated[GenericAlias(list, get_args(hint)[:1]) | None, settings] if several else Annotated[hint, settings]
    )
    default = Parameter.empty if field.default is MISSING else None if several else field.default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _settings(field: Field[Any]) -> Any:
    """Return what typer is told of a field: its name, its help, and what stands for its default."""
    name, about = (field.metadata["name"] or field.name).replace("_", "-"), field.metadata["help"]
    if within := field.metadata["within"]:
        about = f"{about.removesuffix('.')} ({within})."
    shown = field.metadata["shown"] or field.default not in (None, MISSING)
    if field.metadata["positional"]:
        shown_name = f"[{name}]..." if isinstance(field.default, tuple) else name
        return typer.Argument(metavar=shown_name, help=about, show_default=shown)
    also = [f"--{field.metadata['also']}"] if field.metadata["also"] else []
    return typer.Option(f"--{name}", *also, help=about, show_default=shown)
