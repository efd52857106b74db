"""Trials on disk: each in a file of its own, which says whose it is."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from attacks.game.trial import Trials, from_arrays, to_arrays
from fedsz_privacy.core.files import read_if_there, write_atomically
from fedsz_privacy.core.sealed import seal, unseal


@dataclass(frozen=True)
class TrialFiles:
    """Where the trials of one kind are kept.

    Parameters
    ----------
    folder : Path
        Holds them and nothing else; its name says their kind.
    run : str
        Digest of everything that decides the results of the run.
    """

    folder: Path
    run: str

    def path(self, number: int) -> Path:
        """Return where a trial is kept."""
        return self.folder / f"{number:05d}.safetensors"

    def save(self, trial: Trials, number: int) -> None:
        """Write a trial, whole or not at all.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in to_arrays(trial).items()}
        write_atomically(self.path(number), seal(partial(save, arrays), self._about(number)))

    def load(self, number: int, say: Callable[[str], None]) -> Trials | None:
        """Return a trial; None if it is not there, damaged, another one, or of another run or version, which is said.

        Raises
        ------
        InputError
            If something is there that cannot be read.
        """
        data = read_if_there(self.path(number))
        if data is None:
            return None
        try:
            _, arrays = unseal(load, data, self._about(number))
        except ValueError as reason:
            say(f"{self.path(number)} {reason}: trial {number} is played again")
            return None
        return from_arrays(arrays)

    def _about(self, number: int) -> dict[str, object]:
        return {"run": self.run, "kind": self.folder.name, "number": number}
