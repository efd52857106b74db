"""Questions as plain values, on disk and back, by pydantic."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from analysis.reporting.damage import why
from analysis.reporting.folder import GROUPS, SPEC
from analysis.reporting.json_files import DAMAGED, read_json, require_format, require_keys
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import MissingModuleError, find_import_paths, refusing_imports

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Question = TypeVar("Question", bound="DataclassInstance")


def to_plain(command: str, question: object) -> dict[str, object]:
    """Return a question as plain values, with the command that asks it."""
    values: dict[str, object] = TypeAdapter(type(question)).dump_python(question, mode="json")
    return {"command": command, **values}


def read_plain(path: Path, command: str) -> dict[str, object]:
    """Return the question of the run in a folder as plain values, as `to_plain` returns it.

    Raises
    ------
    InputError
        If the folder holds no run of that command, or one of another version's format.
    """
    with _one_line_about(path, command):
        spec = read_json(path / SPEC)
        require_keys(spec, "command", "versions")
        if (found := spec["command"]) != command:
            raise ValueError(f"its command is {found}")
    require_format(path, spec)
    return {name: value for name, value in spec.items() if name not in ("format", *GROUPS)}


def read_question(path: Path, command: str, kind: type[Question]) -> Question:
    """Return what the run in a folder was asked.

    Raises
    ------
    InputError
        If the folder holds no run of that command, one of another version's format, or not every field of its question.
    """
    asked = read_plain(path, command)
    del asked["command"]
    with _one_line_about(path, command):
        require_keys(asked, *(each.name for each in fields(kind)))
        return TypeAdapter(kind).validate_json(json.dumps(asked), strict=True)


@contextmanager
def only_trusted(path: Path, asked: Mapping[str, object]) -> Iterator[None]:
    """Let nothing be imported that the question of the run in a folder names.

    Raises
    ------
    InputError
        If it names something.
    """
    told = f"give --trust-imports if you trust {path / SPEC} and the code that it names"
    if named := [repr(each) for each in find_import_paths(asked)]:
        raise InputError(f"{path} names code to run, {', '.join(named)}: {told}")
    with refusing_imports(told):
        yield


@contextmanager
def _one_line_about(path: Path, command: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raised = error.errors()[0].get("ctx", {}).get("error") if isinstance(error, ValidationError) else None
        # A module that is not there is no fault of the folder's.
        if isinstance(raised, MissingModuleError):
            raise raised from None
        raise InputError(f"{path} holds no {command} to go on with ({why(error)}): give the folder of one") from error
