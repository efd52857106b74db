"""The record of trials of the membership game."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


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


def concatenate(trials: Sequence[Trials]) -> Trials:
    """Join trials along the first axis."""
    each = [to_arrays(trial) for trial in trials]
    return from_arrays({name: np.concatenate([arrays[name] for arrays in each]) for name in each[0]})


def beside(parts: Sequence[Trials]) -> Trials:
    """Join the releases of the same trials."""
    each = [to_arrays(part) for part in parts]
    joined = {name: np.concatenate([arrays[name] for arrays in each], axis=1) for name in each[0]}
    return from_arrays(joined | {"membership": parts[0].membership})
