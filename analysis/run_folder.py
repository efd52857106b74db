"""The folder of a run: what was asked, what is done, what came out."""

import json
from dataclasses import dataclass
from pathlib import Path

from analysis.spec import AuditSpec, differences
from attacks.trial import Trials, load_trials, save_trials
from fedsz_privacy.errors import InputError
from fedsz_privacy.files import write_atomically


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, safe to write to from the moment it is opened."""

    path: Path

    def load_trial(self, number: int) -> Trials | None:
        """Return a finished trial; None if it is still to be played."""
        return load_trials(self._trial_path(number))

    def save_trial(self, number: int, trial: Trials) -> None:
        """Keep a finished trial."""
        save_trials(trial, self._trial_path(number))

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a result, whole or not at all, and return its path."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        write_atomically(path, content.encode() if isinstance(content, str) else content)
        return path

    def _trial_path(self, number: int) -> Path:
        return self.path / "trials" / f"{number:05d}.safetensors"


def open_run(path: Path, spec: AuditSpec) -> RunFolder:
    """Open the folder of a run, new or to be continued.

    Raises
    ------
    InputError
        If the path holds something else, or a run with another spec.
    """
    folder, asked = RunFolder(path), json.loads(json.dumps(spec.to_dict()))
    try:
        if not path.exists() or (path.is_dir() and not any(path.iterdir())):
            (path / "trials").mkdir(parents=True)
            folder.write("spec.json", to_json(asked))
            return folder
        found = json.loads((path / "spec.json").read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no folder of an audit ({error}): choose another --out") from error
    if changed := differences(asked, found):
        raise InputError(f"{path} holds an audit with another {', '.join(changed)}: choose another --out")
    return folder


def to_json(value: object) -> str:
    """Return plain values as strict JSON, the same text for the same values."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
