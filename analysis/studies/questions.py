"""Questions as plain values, on disk and back, by pydantic."""

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from analysis.reporting.folder import DAMAGED, GROUPS
from fedsz_privacy.core.errors import InputError, one_line

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Question = TypeVar("Question", bound="DataclassInstance")


def to_plain(command: str, question: object) -> dict[str, object]:
    """Return a question as plain values, with the command that asks it."""
    values: dict[str, object] = TypeAdapter(type(question)).dump_python(question, mode="json")
    return {"command": command, **values}


def read_question(path: Path, command: str, kind: type[Question]) -> Question:
    """Return what the run in a folder was asked.

    Raises
    ------
    InputError
        If the folder holds no run of that command, or not every field of its question.
    """
    try:
        spec = json.loads((path / "spec.json").read_text())
        if (found := spec["command"]) != command:
            raise ValueError(f"its command is {found}")
        asked = {name: value for name, value in spec.items() if name not in ("command", *GROUPS)}
        if missing := [each.name for each in fields(kind) if each.name not in asked]:
            raise ValueError(f"it has no {missing[0]}")
        return TypeAdapter(kind).validate_json(json.dumps(asked), strict=True)
    except (OSError, *DAMAGED) as error:
        raise InputError(f"{path} holds no {command} to go on with ({_why(error)}): give the folder of one") from error


def _why(error: Exception) -> str:
    """Return what is wrong in one line; of what pydantic finds, the first."""
    if not isinstance(error, ValidationError):
        return one_line(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return one_line(ValueError(": ".join([*map(str, first["loc"]), first["msg"]])))
