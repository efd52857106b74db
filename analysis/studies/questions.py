"""Questions as plain values, on disk and back, by pydantic."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from fedsz_privacy.core.errors import InputError, one_line

Question = TypeVar("Question")


def to_plain(command: str, question: object) -> dict[str, object]:
    """Return a question as plain values, with the command that asks it."""
    values: dict[str, object] = TypeAdapter(type(question)).dump_python(question, mode="json")
    return {"command": command, **values}


def read_question(path: Path, command: str, kind: type[Question]) -> Question:
    """Return what the run in a folder was asked.

    Raises
    ------
    InputError
        If the folder holds no run of that command.
    """
    try:
        asked = json.loads((path / "spec.json").read_text())
        if asked.pop("command") != command:
            raise KeyError(command)
        del asked["versions"]
        return TypeAdapter(kind).validate_json(json.dumps(asked), strict=True)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} holds no {command} to go on with ({one_line(error)}): give the folder of one"
        ) from error
