"""Which records are most exposed, chosen on trials other than those that measure them."""

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.resampling import candidates_drawn
from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError

VULNERABLE_SHARE = 0.05
HANDFUL = 5

Drawn = tuple[NDArray[np.intp], NDArray[np.uint16]]
"""A group in one resample: places of its scores in the flattened array, and how often each was drawn."""


def vulnerable_count(candidates: int, share: float = VULNERABLE_SHARE) -> int:
    """Return how many of so many candidates are called the most vulnerable: a share of them, and never a few only."""
    return max(HANDFUL, round(share * candidates))


def vulnerable_share(candidates: int) -> float:
    """Return the share of so many candidates that is called the most vulnerable."""
    return vulnerable_count(candidates) / candidates


def vulnerable(scores: Scores, membership: NDArray[np.bool_], share: float = VULNERABLE_SHARE) -> NDArray[np.bool_]:
    """Mark the records that are most exposed, so that leakage is not of the average alone (Aerni et al., CCS 2024).

    Records chosen and measured on the same trials would seem exposed by luck. So candidates are ranked by their own AUC
    over the even trials and marked in the odd ones, and the other way round.

    Parameters
    ----------
    scores : float64 array, shape (trials, candidates)
        Best those of a signal whose trials do not calibrate one another, such as ``loss``, whichever signal is measured
        on the group then. A likelihood ratio of one half has shadows in the other, so a group that it chose itself
        still seems too exposed, even where nothing leaks; docs/method.md has by how much.
    membership : bool array, shape (trials, candidates)
        Who was a member.
    share : float
        Share of the candidates to mark in each trial, in (0, 1]; never fewer than `HANDFUL`, where there are as many.

    Returns
    -------
    bool array, shape (trials, candidates)
        A group for `roc_statistics`. Its few candidates make its intervals rough.

    Raises
    ------
    InputError
        If the share is not in (0, 1], or there are fewer than two trials.
    """
    marked = np.zeros_like(membership)
    ((places, _),) = vulnerable_resamples(scores, membership, np.ones((1, *scores.shape), np.uint16), share)
    marked.flat[places] = True
    return marked


def vulnerable_resamples(
    scores: Scores, membership: NDArray[np.bool_], weights: NDArray[np.uint16], share: float = VULNERABLE_SHARE
) -> list[Drawn]:
    """Return the group that `vulnerable` marks in each resample, chosen anew from what was drawn.

    A group that is held fixed while trials and candidates are drawn would hide that other ones had been chosen, and its
    intervals would cover too rarely (docs/method.md). A candidate that was drawn twice counts twice.

    Parameters
    ----------
    scores, membership, share
        As `vulnerable` takes them.
    weights : uint16 array, shape (resamples, trials, candidates)
        What `resample_weights` returns.

    Raises
    ------
    InputError
        As `vulnerable`.
    """
    if not 0 < share <= 1:
        raise InputError(f"share {share}: choose a number above 0 and at most 1")
    if len(scores) < 2:
        raise InputError(f"trials {len(scores)}: choose 2 or more, one to choose records and one to measure them")
    count = vulnerable_count(scores.shape[1], share)
    drawn = candidates_drawn(weights)
    times = np.empty((len(weights), 2, scores.shape[1]), np.uint16)
    for measured in (0, 1):
        rows = slice(1 - measured, None, 2)
        times[:, measured] = _first(count, auc_by_candidate(scores[rows], membership[rows], weights[:, rows]), drawn)
    return [_group(*each) for each in zip(times, drawn, weights, strict=True)]


def auc_by_candidate(scores: Scores, membership: NDArray[np.bool_], weights: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Return each candidate's AUC over trials in each resample, (resamples, candidates); 0.5 without pairs.

    Parameters
    ----------
    scores, membership : arrays, shape (trials, candidates)
        As `vulnerable` takes them.
    weights : uint16 array, shape (resamples, trials, candidates)
        How often each score was drawn.
    """
    by_candidate = zip(scores.T, membership.T, np.moveaxis(weights, 2, 0).astype(np.float64), strict=True)
    return np.stack([_auc(*each) for each in by_candidate], axis=1)


def _group(times: NDArray[np.uint16], drawn: NDArray[np.uint16], weights: NDArray[np.uint16]) -> Drawn:
    """Return a group's scores in one resample, where each half of the trials takes a candidate so many times."""
    rows = np.arange(len(weights)) % 2
    group = weights // np.maximum(drawn, 1) * times[rows]
    places = np.flatnonzero(group)
    return places, group.take(places)


def _first(count: int, own_auc: NDArray[np.float64], drawn: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return how often each candidate is among the first by AUC in each resample, (resamples, candidates)."""
    order = np.argsort(-own_auc, axis=1, kind="stable")
    ranked = np.take_along_axis(drawn, order, axis=1).astype(np.int64)
    before = np.cumsum(ranked, axis=1) - ranked
    times = np.zeros_like(drawn)
    np.put_along_axis(times, order, np.clip(count - before, 0, ranked).astype(np.uint16), axis=1)
    return times


def _auc(scores: Scores, members: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a candidate's AUC in each resample: the share of pairs of a member and a non-member in the right order."""
    inside, outside = scores[members], scores[~members]
    wins = (inside[:, None] > outside) + 0.5 * (inside[:, None] == outside)
    drawn_in, drawn_out = weights[:, members], weights[:, ~members]
    pairs = drawn_in.sum(axis=1) * drawn_out.sum(axis=1)
    won = ((drawn_in @ wins) * drawn_out).sum(axis=1)
    return np.where(pairs > 0, won / np.maximum(pairs, 1), 0.5)
