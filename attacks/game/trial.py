"""The record of trials of the membership game."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedsz_privacy.core.errors import InputError


@dataclass(frozen=True)
class Trials:
    """What was read off trials, with releases in the order in which they were asked for.

    Parameters
    ----------
    membership : bool array, shape (trials, candidates)
        Which candidates the target client trained on.
    observed : mapping of str to float64 array, shape (trials, releases, looks, candidates) or (..., parts)
        What each signal, by name, read off each look of the adversary at each release, before calibration.
    sizes : float64 array, shape (trials, releases)
        Size of the target's update on the wire, mean over rounds, in bytes.
    performance : float64 array, shape (trials, releases)
        How good the model of the adversary's last look is on the test records, by the task's metric.
    """

    membership: NDArray[np.bool_]
    observed: Mapping[str, NDArray[np.float64]]
    sizes: NDArray[np.float64]
    performance: NDArray[np.float64]

    def part(self, index: int) -> "Trials":
        """Return one trial."""
        return from_arrays({name: array[index : index + 1] for name, array in to_arrays(self).items()})


PREFIX = "observed."


def to_arrays(trials: Trials) -> dict[str, NDArray[Any]]:
    """Return the arrays of trials under names of one level."""
    observed = {PREFIX + name: array for name, array in trials.observed.items()}
    return {"membership": trials.membership, "sizes": trials.sizes, "performance": trials.performance, **observed}


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Trials:
    """Return the trials that `to_arrays` took apart."""
    observed = {name.removeprefix(PREFIX): array for name, array in arrays.items() if name.startswith(PREFIX)}
    return Trials(arrays["membership"], observed, arrays["sizes"], arrays["performance"])


def alike(trials: Iterable[Trials]) -> Iterator[Trials]:
    """Yield trials in turn, each known to hold arrays of the same shapes as the first.

    Raises
    ------
    InputError
        If a signal read more or fewer parts off one than off the first.
    """
    first: dict[str, tuple[int, ...]] = {}
    for number, trial in enumerate(trials):
        shapes = {name: array.shape[1:] for name, array in trial.observed.items()}
        first = first or shapes
        if changed := [name for name, shape in shapes.items() if shape != first[name]]:
            raise _uneven(changed[0], shapes[changed[0]], first[changed[0]], f"trial {number}", "trial 0")
        yield trial


def concatenate(trials: Sequence[Trials]) -> Trials:
    """Join trials along the first axis."""
    each = [to_arrays(trial) for trial in trials]
    return from_arrays({name: np.concatenate([arrays[name] for arrays in each]) for name in each[0]})


def beside(parts: Sequence[Trials]) -> Trials:
    """Join the releases of the same trials.

    Raises
    ------
    InputError
        If a signal read more or fewer parts at one release than at another.
    """
    each = [to_arrays(part) for part in parts]
    for name, array in parts[0].observed.items():
        for part in parts[1:]:
            if (other := part.observed[name]).shape[2:] != array.shape[2:]:
                raise _uneven(name, array.shape[2:], other.shape[2:], "one release", "another")
    joined = {name: np.concatenate([arrays[name] for arrays in each], axis=1) for name in each[0]}
    return from_arrays(joined | {"membership": parts[0].membership})


def _uneven(name: str, shape: tuple[int, ...], other: tuple[int, ...], place: str, other_place: str) -> InputError:
    read = f"{shape} in {place} and {other} in {other_place}"
    return InputError(f"signal {name} reads arrays of shapes {read}: read as many parts in each")
