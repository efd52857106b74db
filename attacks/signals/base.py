"""The contract that every membership signal keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attacks.view import View

Scores: TypeAlias = NDArray[np.float64]
"""One number for each trial and candidate, shape (trials, candidates); higher: more likely a member."""

Observed: TypeAlias = NDArray[np.float64]
"""What is read off each trial and candidate, shape (trials, candidates) or, in parts, (trials, candidates, parts)."""


def as_observed(scores: Scores, _: NDArray[np.bool_]) -> Scores:
    """Use a signal as it was observed, without shadow models."""
    return scores


@dataclass(frozen=True)
class Signal:
    """A membership signal, in two steps: what is read off each trial, and how trials calibrate one another.

    Parameters
    ----------
    name : str
        Name in results, tables and figures.
    observe : callable
        Takes the `View` of k trials, returns what it reads of each of them and each candidate.
    calibrate : callable
        Takes what was observed in all trials and the membership, of shape (trials, candidates), and returns the
        scores. The scores of a trial must not depend on that trial's own membership.
    """

    name: str
    observe: Callable[[View], Observed]
    calibrate: Callable[[Observed, NDArray[np.bool_]], Scores] = as_observed
