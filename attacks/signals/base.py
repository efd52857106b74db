"""The contract that every membership signal keeps."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from attacks.game.view import View
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import is_users_own
from fedsz_privacy.training.isolation import isolated

Scores: TypeAlias = NDArray[np.float64]
"""One number for each trial and candidate, shape (trials, candidates); higher: more likely a member."""

Observed: TypeAlias = NDArray[np.float64]
"""What is read off each trial and candidate, shape (trials, candidates) or, in parts, (trials, candidates, parts)."""

Looks: TypeAlias = NDArray[np.float64]
"""What is read off each trial in each look of its adversary, shape (trials, looks, candidates) or (..., parts)."""

REAL = "fiub"
"""Kinds of NumPy dtypes that are real numbers."""


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
    calibrates_alone : bool
        Whether ``calibrate`` reads no trial but the one that it scores, and so needs no shadow models.
    """

    name: str
    observe: Callable[[View], Observed]
    calibrate: Callable[[Observed, NDArray[np.bool_]], Scores] = as_observed
    reads_others: bool = False
    calibrates_alone: bool = False

    def score(self, looks: Looks, membership: NDArray[np.bool_]) -> Scores:
        """Return the scores of all looks of an adversary together: each calibrated by itself, then added up.

        Sums of log-likelihood ratios are those of the looks together if looks are independent given membership.

        Raises
        ------
        InputError
            If a calibration gives anything but one finite number for each trial and candidate.
        """
        calibrated = [self._calibrated(each, membership) for each in np.moveaxis(looks, 1, 0)]
        scores: Scores = np.sum(calibrated, axis=0)
        if not (finite := np.isfinite(scores).all(axis=1)).all():
            raise InputError(
                f"signal {self.name} gives trial {finite.argmin()} scores that are not finite: calibrate to finite ones"
            )
        return scores

    def _calibrated(self, look: Observed, membership: NDArray[np.bool_]) -> Scores:
        own = is_users_own(self.calibrate)
        with isolated(0) if own else nullcontext():
            found: Any = self.calibrate(look.copy(), membership.copy()) if own else self.calibrate(look, membership)
        if not isinstance(found, np.ndarray) or found.shape != membership.shape or found.dtype.kind not in REAL:
            given = f"{getattr(found, 'dtype', type(found).__name__)} {getattr(found, 'shape', '')}".strip()
            raise InputError(f"signal {self.name} is calibrated to {given}: give float64 {membership.shape}")
        return found.astype(np.float64, copy=False)
