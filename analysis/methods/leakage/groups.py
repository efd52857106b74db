"""Groups of candidates that are measured together, and the ROC statistics of their scores in every resample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.membership import roc_statistics
from analysis.methods.leakage.resampling import SAMPLE
from analysis.methods.leakage.vulnerable import Drawn
from attacks.signals import Scores


class Group(Protocol):
    """Some of the candidates."""

    @property
    def non_members(self) -> int:
        """Number of scores of non-members in the sample itself."""
        ...

    def replicates(self, scores: Scores, rates: Sequence[float]) -> NDArray[np.float64]:
        """Return the statistics of `roc_statistics` in each resample, from scores of all trials and candidates."""
        ...


@dataclass(frozen=True)
class FixedGroup:
    """A group that is the same in every resample.

    Parameters
    ----------
    mask : bool array, shape (trials, candidates)
        Which scores belong to it.
    members : bool array, shape (scores,)
        Whose of them were members.
    weights : uint16 array, shape (resamples, scores)
        How often each was drawn.
    """

    mask: NDArray[np.bool_]
    members: NDArray[np.bool_]
    weights: NDArray[np.uint16]

    @property
    def non_members(self) -> int:
        """Number of scores of non-members in the sample itself."""
        return int((~self.members).sum())

    def replicates(self, scores: Scores, rates: Sequence[float]) -> NDArray[np.float64]:
        """Return the statistics in each resample."""
        return roc_statistics(scores[self.mask], self.members, self.weights, rates)


@dataclass(frozen=True)
class ChosenGroup:
    """A group that each resample chooses anew.

    Parameters
    ----------
    candidates : slice
        Those that it is chosen from.
    membership : bool array, shape (trials, candidates that it is chosen from)
        Who was a member.
    drawn : sequence of Drawn
        The group in each resample.
    """

    candidates: slice
    membership: NDArray[np.bool_]
    drawn: Sequence[Drawn]

    @property
    def non_members(self) -> int:
        """Number of scores of non-members in the sample itself."""
        places, _ = self.drawn[SAMPLE]
        return int((~self.membership.take(places)).sum())

    def replicates(self, scores: Scores, rates: Sequence[float]) -> NDArray[np.float64]:
        """Return the statistics in each resample."""
        own = scores[:, self.candidates]
        return np.concatenate(
            [
                roc_statistics(own.take(places), self.membership.take(places), [times], rates)
                for places, times in self.drawn
            ]
        )
