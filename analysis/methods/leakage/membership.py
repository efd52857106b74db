"""What an attack's scores say: ROC statistics over trials and candidates, with intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import HALF, WHOLE, Difference, Estimate, differences, estimates
from attacks.signals import Scores

__all__ = [
    "FALSE_POSITIVE_RATES",
    "LEAST_FALSE_POSITIVES",
    "STATISTICS",
    "Difference",
    "Estimate",
    "Leakage",
    "guessed_advantage",
    "leakage",
    "resolvable_rates",
    "roc_statistics",
]

FALSE_POSITIVE_RATES = (1e-1, 1e-2, 1e-3, 1e-4)
LEAST_FALSE_POSITIVES = 10
"""Expected false positives below which a rate is not resolvable.

A false positive rate set by k false positives has a relative error of about 1 / sqrt(k): a third at 10. With fewer, the
threshold is that of a handful of records, and "TPR at FPR 1e-4" would name a rate that was not looked at. Scores that
share a trial or a candidate are worth fewer, so this is the least, not a comfortable number.
"""
STATISTICS = ("auc", "advantage", *(f"tpr at fpr {rate:g}" for rate in FALSE_POSITIVE_RATES))
"""Names of the columns of `roc_statistics`; with the resolvable rates alone, the first of them."""

TAKEN_OFF = np.array([HALF if name == "auc" else WHOLE for name in STATISTICS])
"""Share of V_S that is taken off a difference of each of `STATISTICS`, as `standard_errors` has it."""


@dataclass(frozen=True)
class Leakage:
    """How well one signal names the members of one release, over all candidates or over a group of them.

    Attributes
    ----------
    non_members : int
        Scores of non-members, which say which false positive rates are resolvable: see `resolvable_rates`.
    auc : Estimate
        Area under the ROC curve; 0.5 for guessing.
    advantage : Estimate
        Largest TPR - FPR over all thresholds (Yeom et al., CSF 2018, at the best threshold; Youden's J). Since the best
        threshold is that of this sample, the value is biased upward: it is never below 0, and under guessing it and its
        whole interval lie above 0. Compare it with `guessed_advantage`, not with 0.
    tpr_at_fpr : dict of float to Estimate
        Largest true positive rate at a false positive rate of at most the key; the key itself for guessing. Rates that
        are not resolvable are not in it.
    auc_difference, advantage_difference : Difference
        The same minus that of the release that sends the update as it is, paired on the same trials. The advantage's
        bias is largest where there is little leakage, so a drop to no advantage appears smaller than it is.
    tpr_difference : dict of float to Difference
        Likewise, with the keys of `tpr_at_fpr`.
    """

    non_members: int
    auc: Estimate
    advantage: Estimate
    tpr_at_fpr: dict[float, Estimate]
    auc_difference: Difference
    advantage_difference: Difference
    tpr_difference: dict[float, Difference]


def resolvable_rates(non_members: int) -> tuple[float, ...]:
    """Return those of `FALSE_POSITIVE_RATES`, falling, at which `LEAST_FALSE_POSITIVES` or more are expected.

    Examples
    --------
    >>> resolvable_rates(12_800)
    (0.1, 0.01, 0.001)
    """
    return tuple(rate for rate in FALSE_POSITIVE_RATES if non_members * rate >= LEAST_FALSE_POSITIVES)


def guessed_advantage(members: int, non_members: int) -> float:
    """Return the mean advantage, at the best threshold of the sample, of scores that know nothing of membership.

    That advantage is the one-sided two-sample Kolmogorov-Smirnov statistic D+, with P(D+ > x) = exp(-2 x^2 h) for large
    samples, h = m n / (m + n); so its mean is sqrt(pi / (8 h)). It holds for scores that share trials and candidates
    too, because the game draws every membership independently of them. Ties make the advantage smaller.

    Examples
    --------
    >>> round(guessed_advantage(12_800, 12_800), 4)
    0.0078
    """
    return float(np.sqrt(np.pi / 8 * (1 / members + 1 / non_members)))


def roc_statistics(
    scores: Scores,
    membership: NDArray[np.bool_],
    weights: Iterable[NDArray[np.float64 | np.uint16]],
    rates: Sequence[float],
) -> NDArray[np.float64]:
    """Return AUC, advantage, and TPR at each false positive rate, for each set of weights.

    Equals scikit-learn's ``roc_auc_score`` and ``roc_curve`` with ``sample_weight``, sorting the scores but once. Those
    of a group are the statistics of ``scores[group]``, with ``membership[group]`` and ``weights[:, group]``.

    Parameters
    ----------
    scores : float64 array, shape (trials, candidates) or, of a group, (scores,)
        Higher: more likely a member.
    membership : bool array, of the same shape
        Who was one.
    weights : iterable of float64 arrays, of the same shape
        Weight of each score.
    rates : sequence of float
        False positive rates, such as `resolvable_rates` gives.

    Returns
    -------
    float64 array, shape (len(weights), 2 + len(rates))
        In the order of `STATISTICS`; NaN for weights that leave no member or no non-member.
    """
    order = np.argsort(-scores, axis=None, kind="stable")
    ranked, members = scores.take(order), membership.take(order)
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), ranked.size - 1)
    above = np.append(0, np.cumsum(members)[ends])
    above_outside = np.append(0, ends + 1) - above
    corners = _corners(above, above_outside)
    above, above_outside = above[corners], above_outside[corners]
    inside, outside = order[members], order[~members]
    return np.array(
        [_statistics(_rate(each, inside, above), _rate(each, outside, above_outside), rates) for each in weights]
    )


def _corners(above: NDArray[np.intp], above_outside: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which thresholds are corners or ends of the ROC curve: those within a straight line say nothing more.

    Between two thresholds with none but members the curve goes up, with none but non-members to the right, whatever
    their weights.
    """
    up, right = np.diff(above_outside) == 0, np.diff(above) == 0
    straight = (up[1:] & up[:-1]) | (right[1:] & right[:-1])
    return np.concatenate([[True], ~straight, [True]])


def _rate(
    weights: NDArray[np.float64 | np.uint16], order: NDArray[np.intp], above: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the share of the weight of members, or of non-members, above each threshold; 0 where they have none.

    The order is that of their scores, the highest first, and so many of them lie above each threshold.
    """
    # Widened first, for a running sum that widens takes twice as long; one of whole numbers takes a quarter of one of
    # floats, and is exact.
    drawn = weights.take(order)
    reached = np.append(0, drawn.astype(np.result_type(drawn, np.int64)).cumsum())
    share: NDArray[np.float64] = reached.take(above) / (reached[-1] or 1)
    return share


def _statistics(tpr: NDArray[np.float64], fpr: NDArray[np.float64], rates: Sequence[float]) -> list[float]:
    if tpr[-1] == 0 or fpr[-1] == 0:
        return [np.nan] * (2 + len(rates))
    twice_area = np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]))
    at_rate = tpr[np.searchsorted(fpr, rates, side="right") - 1]
    return [float(twice_area) / 2, float(np.max(tpr - fpr)), *at_rate.tolist()]


def leakage(replicates: NDArray[np.float64], reference: NDArray[np.float64], non_members: int) -> Leakage:
    """Summarise the replicates that `roc_statistics` gives for a release and for the undefended one.

    Parameters
    ----------
    replicates, reference : float64 arrays, shape (replicates, 2 + len(resolvable_rates(non_members)))
        The first row is the sample itself.
    non_members : int
        Scores of non-members, in the group that was measured.

    Raises
    ------
    InputError
        If the group has no members or no non-members.
    """
    rates = resolvable_rates(non_members)
    auc, advantage, *at_rate = estimates(replicates)
    auc_difference, advantage_difference, *difference_at_rate = differences(
        replicates, reference, TAKEN_OFF[: replicates.shape[1]]
    )
    return Leakage(
        non_members=non_members,
        auc=auc,
        advantage=advantage,
        tpr_at_fpr=dict(zip(rates, at_rate, strict=True)),
        auc_difference=auc_difference,
        advantage_difference=advantage_difference,
        tpr_difference=dict(zip(rates, difference_at_rate, strict=True)),
    )
