"""The folder of a run: what was asked, what is done, what came out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import write_atomically

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
    folder, spec = RunFolder(path), json.loads(json.dumps({**asked, "versions": versions()}))
    try:
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            path.mkdir(parents=True, exist_ok=True)
            folder.write("spec.json", to_json(spec))
            return folder
        old, new = _named(json.loads((path / "spec.json").read_text())), _named(spec)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} is no folder of a run ({error}): choose another --out") from error
    if changed := [name for name in {**new, **old} if new.get(name) != old.get(name)]:
        raise InputError(f"{path} holds a run with another {', '.join(changed)}: choose another --out")
    return folder


def _named(spec: dict[str, Any]) -> dict[str, object]:
    """Return what decides a run's results by the name that a message gives it."""
    by_package = {f"version of {package}": number for package, number in spec["versions"].items()}
    return {name: value for name, value in spec.items() if name != "versions"} | by_package


def versions() -> dict[str, str]:
    """Return the versions of all packages that results depend on."""
    return {name: version(name) for name in VERSIONED}


def to_json(value: object) -> str:
    """Return plain values as strict JSON, the same text for the same values."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
