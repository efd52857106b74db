"""The record of one trial of the membership game, in memory and on disk."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from fedsz_privacy.files import write_atomically


@dataclass(frozen=True)
class Trials:
    """What was read off trials, releases and signals in the order in which they were asked for.

    Parameters
    ----------
    membership : bool array, shape (trials, candidates)
        Which candidates the target client trained on.
    observed : float64 array, shape (trials, releases, signals, candidates)
        What each signal read off each released update, before calibration.
    sizes : int64 array, shape (trials, releases)
        Size of each released update on the wire, in bytes.
    accuracy : float64 array, shape (trials, releases)
        Share of the test records that the client's model, as the server decodes it, classifies correctly.
    """

    membership: NDArray[np.bool_]
    observed: NDArray[np.float64]
    sizes: NDArray[np.int64]
    accuracy: NDArray[np.float64]

    def part(self, index: int) -> "Trials":
        """Return one trial."""
        one = slice(index, index + 1)
        return Trials(self.membership[one], self.observed[one], self.sizes[one], self.accuracy[one])


FIELDS = tuple(field.name for field in fields(Trials))


def concatenate(trials: Sequence[Trials]) -> Trials:
    """Join trials along the first axis."""
    return Trials(**{name: np.concatenate([getattr(trial, name) for trial in trials]) for name in FIELDS})


def save_trials(trials: Trials, path: Path) -> None:
    """Write trials to a safetensors file, whole or not at all."""
    write_atomically(path, save({name: np.ascontiguousarray(getattr(trials, name)) for name in FIELDS}))


def load_trials(path: Path) -> Trials | None:
    """Read trials back; None if the file is missing or damaged."""
    try:
        return Trials(**load_file(path))
    except (FileNotFoundError, SafetensorError, TypeError):
        return None
