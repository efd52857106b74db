"""The folder of a run: what was asked, what is done, what came out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import write_atomically

DAMAGED = (ValueError, TypeError, LookupError, AttributeError)
"""What is raised where a file of a run does not hold what it should."""

GROUPS = {"versions": "version of", "contents": "content of"}
"""Parts of a question that the toolkit adds to what was asked, with the words before the name of each item."""

VERSIONED = ("fedsz-privacy", "numpy", "pysz", "scikit-learn", "scipy", "torch", "zstandard")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, safe to write to from the moment it is opened."""

    path: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a result, whole or not at all, and return its path."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, content.encode() if isinstance(content, str) else content)
        return path


def open_run(path: Path, asked: Mapping[str, object]) -> RunFolder:
    """Open the folder of a run, new or to be continued.

    Parameters
    ----------
    path : Path
        The folder.
    asked : mapping of str to object
        Everything that decides the run's results, as plain values; a run is continued only if it was asked the same
        by the same `versions`.

    Raises
    ------
    InputError
        If the path holds something else, or a run with another spec.
    """
    folder = RunFolder(path)
    try:
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            path.mkdir(parents=True, exist_ok=True)
            folder.write("spec.json", to_json({**asked, "versions": versions()}))
            return folder
        changed = changes(path, asked)
    except (OSError, *DAMAGED) as error:
        raise InputError(f"{path} is no folder of a run ({error}): choose another --out") from error
    if changed:
        raise InputError(f"{path} holds a run with another {', '.join(changed)}: choose another --out")
    return folder


def changes(path: Path, asked: Mapping[str, object]) -> list[str]:
    """Return the names of what the run in a folder was asked otherwise.

    Raises
    ------
    OSError, ValueError, TypeError, LookupError, AttributeError
        If the folder holds no run.
    """
    old = _named(json.loads((path / "spec.json").read_text()))
    new = _named(json.loads(json.dumps({**asked, "versions": versions()})))
    return [name for name in {**new, **old} if new.get(name) != old.get(name)]


def contents(files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of what each file holds, by its path, for a question that the files decide.

    Raises
    ------
    InputError
        If a file is not there.
    """
    return {str(path): _digest(path) for path in files}


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"no file at {path}: give one that can be read") from error


def _named(spec: dict[str, Any]) -> dict[str, object]:
    """Return what decides a run's results by the name that a message gives it."""
    grouped = {"contents": {}, "versions": spec["versions"]} | {name: spec[name] for name in GROUPS if name in spec}
    named = {f"{GROUPS[group]} {name}": value for group, items in grouped.items() for name, value in items.items()}
    return {name: value for name, value in spec.items() if name not in GROUPS} | named


def versions() -> dict[str, str]:
    """Return the versions of all packages that results depend on."""
    return {name: version(name) for name in VERSIONED}


def to_json(value: object) -> str:
    """Return plain values as strict JSON, the same text for the same values."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
