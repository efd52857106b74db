"""The contract that every membership signal keeps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from attacks.game.view import View

Scores: TypeAlias = NDArray[np.float64]
"""One number for each trial and candidate, shape (trials, candidates); higher: more likely a member."""

Observed: TypeAlias = NDArray[np.float64]
"""What is read off each trial and candidate, shape (trials, candidates) or, in parts, (trials, candidates, parts)."""

Looks: TypeAlias = NDArray[np.float64]
"""What is read off each trial in each look of its adversary, shape (trials, looks, candidates) or (..., parts)."""


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
    reads_others : bool
        Whether it needs the updates of the other clients, which only some adversaries see.
    """

    name: str
    observe: Callable[[View], Observed]
    calibrate: Callable[[Observed, NDArray[np.bool_]], Scores] = as_observed
    reads_others: bool = False

    def score(self, looks: Looks, membership: NDArray[np.bool_]) -> Scores:
        """Return the scores of all looks of an adversary together: each calibrated by itself, then added up.

        Sums of log-likelihood ratios are those of the looks together if looks are independent given membership.
        """
        scores: Scores = np.sum([self.calibrate(each, membership) for each in np.moveaxis(looks, 1, 0)], axis=0)
        return scores
