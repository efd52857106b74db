"""The errors of an attack at thresholds on its scores."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fedsz_privacy.core.errors import InputError


@dataclass(frozen=True)
class ErrorCounts:
    """Errors of an attack that names as members all whose score is at least a threshold.

    Exchanging the two pairs of fields gives the same attack with the parts of member and non-member exchanged.

    Attributes
    ----------
    false_positives, false_negatives : int64 arrays, shape (thresholds,)
        Non-members named members, and members not named.
    non_members, members : int
        How many there were of each.
    """

    false_positives: NDArray[np.int64]
    non_members: int
    false_negatives: NDArray[np.int64]
    members: int

    def __post_init__(self) -> None:
        _check_counts("false positives", self.false_positives, "non-members", self.non_members)
        _check_counts("false negatives", self.false_negatives, "members", self.members)
        if self.false_positives.shape != self.false_negatives.shape:
            shapes = f"{self.false_positives.shape} and {self.false_negatives.shape}"
            raise InputError(f"counts of shapes {shapes} do not match: count both errors at the same thresholds")

    def apart(self) -> list["ErrorCounts"]:
        """Return the counts of each threshold by itself."""
        pairs = zip(self.false_positives, self.false_negatives, strict=True)
        return [ErrorCounts(np.array([fp]), self.non_members, np.array([fn]), self.members) for fp, fn in pairs]


def count_errors(scores: NDArray[np.float64], membership: NDArray[np.bool_], thresholds: ArrayLike) -> ErrorCounts:
    """Count the errors at each threshold.

    Parameters
    ----------
    scores : float64 array, any shape
        Higher: more likely a member.
    membership : bool array, shape of ``scores``
        Who was one.
    thresholds : float or float array, shape (thresholds,)
        Fixed beforehand, or chosen on other data.
    """
    check_scores(scores, membership)
    edges = np.atleast_1d(np.asarray(thresholds, np.float64))
    if np.isnan(edges).any():
        raise InputError(f"{np.isnan(edges).sum()} thresholds are NaN: choose them among the scores of other data")
    members, others = np.sort(scores[membership]), np.sort(scores[~membership])
    missed = np.searchsorted(members, edges).astype(np.int64)
    named = (others.size - np.searchsorted(others, edges)).astype(np.int64)
    return ErrorCounts(named, others.size, missed, members.size)


def best_threshold(
    scores: NDArray[np.float64],
    membership: NDArray[np.bool_],
    candidates: NDArray[np.float64],
    bound: Callable[[ErrorCounts], float],
) -> float:
    """Return the candidate threshold of the highest bound on pilot data, which the audit must not use again.

    Parameters
    ----------
    scores, membership : arrays of one shape
        The pilot data.
    candidates : float64 array, shape (candidates,)
        Thresholds to choose from; the middle one of equals is taken.
    bound : callable
        The bound at one threshold, from its counts.
    """
    bounds = np.array([bound(each) for each in count_errors(scores, membership, candidates).apart()])
    ties = np.flatnonzero(bounds == bounds.max())
    return float(candidates[ties[ties.size // 2]])


def check_scores(scores: NDArray[np.float64], membership: NDArray[np.bool_]) -> None:
    """Raise InputError unless there are as many scores as memberships, one at least, and no score is NaN."""
    if scores.shape != membership.shape:
        shapes = f"{scores.shape} and {membership.shape}"
        raise InputError(f"scores and membership have shapes {shapes}: give one membership for each score")
    require_some(scores)
    if membership.dtype != np.bool_:
        raise InputError(f"membership is of type {membership.dtype}: give a bool array, true for members")
    if np.isnan(scores).any():
        raise InputError(f"{np.isnan(scores).sum()} scores are NaN: leave these candidates out beforehand")


def require_some(scores: NDArray[np.float64]) -> None:
    """Raise InputError if there is no score."""
    if scores.size < 1:
        raise InputError("0 scores prove nothing: give at least one")


def _check_counts(errors: str, counts: NDArray[np.int64], group: str, total: int) -> None:
    if total < 1:
        raise InputError(f"there are {total} {group}: an audit needs at least one")
    if counts.ndim != 1 or counts.size == 0:
        raise InputError(f"{errors} have shape {counts.shape}: give a vector with one count for each threshold")
    if counts.min() < 0 or counts.max() > total:
        raise InputError(f"{errors} from {counts.min()} to {counts.max()} do not fit {total} {group}: count them again")
