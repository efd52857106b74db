"""The folder of a run: what was asked, what is done, what came out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any

from analysis.reporting.json_files import DAMAGED, FORMAT, read_json, require_format, require_keys
from analysis.reporting.lock import LOCK, WRITER, lock
from fedsz_privacy.core.errors import InputError, one_line, printable
from fedsz_privacy.core.files import TEMPORARY, one_line_for, remove_temporaries, require_readable, write_atomically

SPEC = "spec.json"

FILES, FOLDERS = ("results.json", "report.json"), ("trials", "canary_trials", "rounds", "tables", "figures")
"""What runs of some command write beside the question."""

GROUPS = {"versions": "version of", "contents": "content of"}
"""Parts of a question that the toolkit adds to what was asked, with the words before the name of each item."""

SHOWN = 40
"""Characters of a value up to which a message shows it."""

VERSIONED = ("fedsz-privacy", "numpy", "pysz", "scikit-learn", "scipy", "torch", "zstandard")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, safe to write to from the moment it is opened.

    Parameters
    ----------
    path : Path
        The folder.
    held : object
        The lock on it, which lasts as long as something refers to it.
    opened : float
        When it was opened, or the run began if that was before, by the monotonic clock, in seconds.
    """

    path: Path
    held: object = field(default=None, repr=False, compare=False)
    opened: float = field(default_factory=monotonic, repr=False, compare=False)

    @property
    def seconds(self) -> float:
        """Seconds since then."""
        return monotonic() - self.opened

    @property
    def digest(self) -> str:
        """SHA-256 of everything that decides the run's results."""
        return sha256(json.dumps(read_json(self.path / SPEC), sort_keys=True).encode()).hexdigest()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a result, whole or not at all, and return its path.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        path = self.path / name
        write_atomically(path, content.encode() if isinstance(content, str) else content)
        return path


def open_run(path: Path, asked: Mapping[str, object]) -> RunFolder:
    """Open the folder of a run, new or to be continued, and keep all other processes from opening it.

    What a run that was killed left there half-written is removed.

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
        If the path holds something else or a run with another spec, another process writes to it, or it cannot be
        written to.
    """
    require_place(path, asked)
    with one_line_for("write", path):
        path.mkdir(parents=True, exist_ok=True)
    folder = RunFolder(path, lock(path))
    remove_temporaries(path)
    _require_places(path)
    if is_empty(path):
        folder.write(SPEC, to_json(_settled(asked)))
    else:
        _require_same(path, asked)
    return folder


def require_place(path: Path, asked: Mapping[str, object]) -> None:
    """Raise InputError if a path cannot be the folder of a run: something else is there, or above it.

    Parameters
    ----------
    path : Path
        The folder.
    asked : mapping of str to object
        As `open_run` takes it.
    """
    if not is_empty(path):
        _require_same(path, asked)
    with one_line_for("write", path):
        if wrong := [above for above in path.parents if above.exists() and not above.is_dir()]:
            raise InputError(f"{wrong[0]} is no folder, and {path} would be in it: choose another --out")


def is_empty(path: Path) -> bool:
    """Return whether there is no folder, or nothing in it but what a run leaves there that kept nothing.

    Raises
    ------
    InputError
        If it cannot be told.
    """
    with one_line_for("read", path):
        return not path.exists() or (path.is_dir() and all(map(_is_left, path.iterdir())))


def _is_left(place: Path) -> bool:
    """Return whether a file or folder of a run is one that opening it makes, and nothing was kept in it since."""
    if place.name in FOLDERS and place.is_dir():
        return not any(place.iterdir())
    return place.name in (LOCK, WRITER) or bool(TEMPORARY.fullmatch(place.name)) or _is_question(place)


def _is_question(place: Path) -> bool:
    if place.name != SPEC:
        return False
    try:
        _named(read_spec(place.parent))
    except DAMAGED:
        return False
    return True


def _require_places(path: Path) -> None:
    """Raise InputError if what the run will write to is a folder in the place of a file, or the other way round."""
    for place in (path / name for name in (*FILES, *FOLDERS)):
        if place.exists() and place.is_dir() != (place.name in FOLDERS):
            wrong = "no folder" if place.name in FOLDERS else "a folder"
            raise InputError(f"{place} is {wrong}, and the run has to write there: move it elsewhere")


def _require_same(path: Path, asked: Mapping[str, object]) -> None:
    try:
        changed = changes(path, asked)
    except InputError:
        raise
    except DAMAGED as error:
        raise InputError(f"{path} is no folder of a run ({one_line(error)}): choose another --out") from error
    if changed:
        told = "; ".join(_difference(name, *values) for name, values in changed.items())
        raise InputError(f"{path} answers another question (not the same {told}): choose another --out")


def _difference(name: str, there: object, here: object) -> str:
    """Return the name of what was asked otherwise, with both values where a line has room for them."""
    shown = name if name.isprintable() else repr(name)
    values = [_shown(each) for each in (there, here)]
    return f"{shown}: {' there, '.join(values)} here" if all(len(each) <= SHOWN for each in values) else shown


def _shown(value: object) -> str:
    return "nothing" if value is None else printable(value if isinstance(value, str) else json.dumps(value))


def changes(path: Path, asked: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Return what the run in a folder was asked otherwise: by name what it was, and what it is now; None where nothing.

    If it is another command, that alone.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError
        If the folder holds no run; InputError, a ValueError, if it holds one of another format.
    """
    old, new = _named(read_spec(path)), _named(json.loads(json.dumps(_settled(asked))))
    changed = {name: (old.get(name), new.get(name)) for name in {**new, **old} if new.get(name) != old.get(name)}
    return {"command": changed["command"]} if "command" in changed else changed


def _settled(asked: Mapping[str, object]) -> dict[str, object]:
    return {"format": FORMAT, **asked, "versions": versions()}


def read_spec(path: Path) -> dict[str, Any]:
    """Return what the run in a folder was asked, as ``spec.json`` holds it.

    Raises
    ------
    ValueError, LookupError
        If the folder holds no run; InputError, a ValueError, if it holds one of another format.
    """
    spec = read_json(path / SPEC)
    require_keys(spec, "command", "versions")
    require_format(path, spec)
    return spec


def contents(files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of what each file holds, by its path, for a question that the files decide.

    Raises
    ------
    InputError
        If a file is not there.
    """
    return {str(path): digest_of(path) for path in files}


def digest_of(path: Path) -> str:
    """Return the SHA-256 of what a file holds.

    Raises
    ------
    InputError
        If it is not there.
    """
    require_readable(path)
    with one_line_for("read", path), path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


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
