"""The command that asks a question, as a person would type it."""

import shlex
from collections.abc import Iterator
from dataclasses import Field, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_command(command: str, question: "DataclassInstance") -> str:
    """Return the command line that asks a question: what is left at its default is left out, and so is the folder."""
    changed = [each for each in fields(question) if _is_changed(question, each)]
    words = [word for each in sorted(changed, key=_is_option) for word in _words(each, getattr(question, each.name))]
    return shlex.join(["fedsz-privacy", command, *words])


def _is_option(field: Field[Any]) -> bool:
    return not field.metadata["positional"]


def _is_changed(question: "DataclassInstance", field: Field[Any]) -> bool:
    """Return whether a field is not what its default settles to, beside the rest of the question."""
    try:
        settled = replace(question, **{field.name: field.default})
    except (InputError, TypeError, ValueError, AttributeError):
        return True
    return bool(getattr(settled, field.name) != getattr(question, field.name))


def _words(field: Field[Any], value: object) -> Iterator[str]:
    name = (field.metadata["name"] or field.name).replace("_", "-")
    for each in value if isinstance(value, tuple) else (value,):
        if not _is_option(field):
            yield _plain(each)
        elif isinstance(each, bool):
            yield f"--{'' if each else 'no-'}{name}"
        else:
            yield from (f"--{name}", _plain(each))


def _plain(value: object) -> str:
    if isinstance(value, float):
        return write_shortest(value)
    return str(value.value if isinstance(value, Enum) else value)
