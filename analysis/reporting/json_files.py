"""Files of a run that hold plain values: strict JSON, of one format."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fedsz_privacy.core.errors import InputError, one_line

FORMAT = 2
"""Version of what a folder holds, of which a run is continued or opened again."""

DAMAGED = (ValueError, TypeError, LookupError, AttributeError)
"""What is raised where a file of a run does not hold what it should."""


def require_keys(kept: Mapping[str, object], *names: str) -> None:
    """Raise LookupError for the first key that is missing."""
    if missing := [name for name in names if name not in kept]:
        raise LookupError(f"it has no {missing[0]!r}")


def require_format(path: Path, kept: Mapping[str, object]) -> None:
    """Raise InputError if what is kept of the run in a folder is of another version's format."""
    if (found := kept.get("format", 0)) != FORMAT:
        raise InputError(
            f"{path} holds a run of another version of fedsz-privacy (format {found!r}, this one writes {FORMAT}): "
            "open it with that version, or choose another --out"
        )


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a file of strict JSON holds.

    Raises
    ------
    ValueError
        If it cannot be read, or holds something else; in one line that names it.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path.name} cannot be read: it is no file")
    try:
        values = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise ValueError(f"{path.name} is missing") from None
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror}") from error
    except RecursionError:
        raise ValueError(f"{path.name} is damaged: it is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"{path.name} is damaged: {one_line(error)}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path.name} is damaged: it holds no object")
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
