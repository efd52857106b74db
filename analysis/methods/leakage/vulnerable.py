"""Which records are most exposed, chosen on trials other than those that measure them."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError

VULNERABLE_SHARE = 0.05
HANDFUL = 5


def vulnerable(scores: Scores, membership: NDArray[np.bool_], share: float = VULNERABLE_SHARE) -> NDArray[np.bool_]:
    """Mark the records that are most exposed, so that leakage is not of the average alone (Aerni et al., CCS 2024).

    Records chosen and measured on the same trials would seem exposed by luck. So candidates are ranked by their own AUC
    over the even trials and marked in the odd ones, and the other way round.

    Parameters
    ----------
    scores : float64 array, shape (trials, candidates)
        Best those of a signal whose trials do not calibrate one another, such as ``loss``, whichever signal is measured
        on the group then. A likelihood ratio of one half has shadows in the other, so a group that it chose itself
        still seems too exposed: on a game of 40 candidates with memberships drawn anew, so that nothing leaks, the AUC
        of ``lira`` was above that of all by 0.038 (standard error 0.003) with 32 trials and 0.019 (0.002) with 128, but
        by -0.005 (0.003) and 0.000 (0.002) in the group that ``loss`` chose.
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
    if not 0 < share <= 1:
        raise InputError(f"share {share}: choose a number above 0 and at most 1")
    if len(scores) < 2:
        raise InputError(f"trials {len(scores)}: choose 2 or more, one to choose records and one to measure them")
    count = max(HANDFUL, round(share * scores.shape[1]))
    marked = np.zeros_like(membership)
    for measured in (0, 1):
        own_auc = _auc_by_candidate(scores[1 - measured :: 2], membership[1 - measured :: 2])
        marked[measured::2, np.argsort(-own_auc, kind="stable")[:count]] = True
    return marked


def _auc_by_candidate(scores: Scores, membership: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each candidate's AUC over trials, its Mann-Whitney U over the number of pairs; 0.5 without pairs."""
    members = membership.sum(axis=0)
    pairs = members * (len(membership) - members)
    wins = (rankdata(scores, axis=0) * membership).sum(axis=0) - members * (members + 1) / 2
    return np.where(pairs > 0, wins / np.maximum(pairs, 1), 0.5)
