"""Commands made from questions: one option for each field of a spec, its default and its help written there once."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer


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
        return run

    return decorate


def _settled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _parameter(field: Field[Any], hint: Any) -> Parameter:
    several = isinstance(field.default, tuple)
    name = (field.metadata["name"] or field.name).replace("_", "-")
    shown: Any = field.metadata["shown"] or True
    names = [f"--{name}"]
    settings = typer.Option(*names, help=field.metadata["help"], show_default=shown)
    annotation: Any = Annotated[list[str] | None, settings] if several else Annotated[hint, settings]
    default = None if several or field.default is MISSING else field.default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
