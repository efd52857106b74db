"""RMIA: pairwise likelihood ratios of a record and a population (Zarifzadeh et al., ICML 2024).

With p(x|t) the probability that the target gives the true class of x, the ratio of x is R(x) = p(x|t) / p(x), and the
score of x is the share of population records z with R(x) >= g R(z), at the g = 1 of the authors' code. All of it is
computed in logarithms, so that no loss is too large. Of a task whose loss is no negative log-probability, such as a
squared error, exp(-loss) stands for the probability, and the unit of its targets counts. Reference models stand for
p(x):

- online: (mean of p(x|.) over references trained with x + mean over those without) / 2;
- offline: ((1 + a) mean over references without x + 1 - a) / 2, from p_in = a p_out + 1 - a. As the authors do, a is
  that at which an attack on models whose members the adversary knows succeeds best, by AUC: for the even trials an
  attack on the odd ones, with one another as references, and the other way round.

The references are all other trials. The population is the other candidates, half of which the target trained on: the
paper draws records that the target never saw, and a share over the pool is at most as sharp as that. A score is one of
as many values as there are candidates, so it cannot resolve a false-positive rate much below one in that many.
"""

import numpy as np
import scipy
from numpy.typing import NDArray

from attacks.signals import loss
from attacks.signals.base import Scores, Signal

SLOPES = tuple(tenth / 10 for tenth in range(11))
"""Values of a that are tried."""
UNTUNED_SLOPE = 0.3
"""Value of a where no other trial has members and non-members to choose it by."""
HALVES = (slice(0, None, 2), slice(1, None, 2))


def online(negative_losses: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the share of the population that each record dominates, with references trained with and without it."""
    inside, outside = (log_mean_of_others(negative_losses, chosen) for chosen in (membership, ~membership))
    return _dominated(negative_losses - np.logaddexp(inside, outside))


def offline(negative_losses: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the share of the population that each record dominates, with references trained without it only."""
    outside = log_mean_of_others(negative_losses, ~membership)
    scores = np.empty_like(negative_losses)
    for half, other in (HALVES, HALVES[::-1]):
        slope = tuned_slope(negative_losses[other], membership[other])
        scores[half] = _offline(negative_losses[half], outside[half], slope)
    return scores


def tuned_slope(negative_losses: Scores, membership: NDArray[np.bool_]) -> float:
    """Return the a at which the offline attack on some trials, with one another as references, has the largest AUC."""
    # scikit-learn takes a second to import.
    from sklearn.metrics import roc_auc_score

    if membership.all() or not membership.any():
        return UNTUNED_SLOPE
    members, outside = membership.ravel(), log_mean_of_others(negative_losses, ~membership)
    return max(
        SLOPES, key=lambda slope: float(roc_auc_score(members, _offline(negative_losses, outside, slope).ravel()))
    )


def log_mean_of_others(logarithms: Scores, chosen: NDArray[np.bool_]) -> Scores:
    """Return the logarithm of the mean over the chosen trials other than the row's own, for each candidate.

    Where there is none, it is that over all trials and candidates. Equal numbers have exactly that number as their
    mean: rounding that went by how many others there are would tell who is a member.
    """
    terms, others = np.where(chosen, logarithms, -np.inf), np.maximum(chosen.sum(axis=0) - chosen, 1)
    largest = terms.argmax(axis=0)[None]
    rest = terms.copy()
    np.put_along_axis(rest, largest, -np.inf, axis=0)
    mean = _log_mean(terms, terms, others)
    # Of the largest, once it is taken off the sum of all, nothing but rounding would be left.
    np.put_along_axis(mean, largest, np.take_along_axis(_log_mean(rest, -np.inf, others), largest, axis=0), axis=0)
    overall = scipy.special.logsumexp(logarithms) - np.log(logarithms.size)
    found: Scores = np.where(chosen.sum(axis=0) > chosen, mean, overall)
    return found


def _log_mean(terms: Scores, own: Scores | float, others: NDArray[np.int64]) -> Scores:
    """Return the logarithm of the sum of each column's exponentials but a row's own, over so many others."""
    peak = np.maximum(terms.max(axis=0), np.finfo(np.float64).min)
    with np.errstate(divide="ignore"):
        mean: Scores = peak + np.log((np.exp(terms - peak).sum(axis=0) - np.exp(own - peak)) / others)
    return mean


def _offline(negative_losses: Scores, outside: Scores, slope: float) -> Scores:
    rest = np.log1p(-slope) if slope < 1 else -np.inf
    return _dominated(negative_losses - np.logaddexp(np.log1p(slope) + outside, rest))


def _dominated(log_ratios: Scores) -> Scores:
    """Return the share of the other candidates z of a row with R(z) <= R(x)."""
    dominated: Scores = (scipy.stats.rankdata(log_ratios, method="max", axis=1) - 1) / (log_ratios.shape[1] - 1)
    return dominated


RMIA = Signal("rmia", loss.observe, online)
RMIA_OFFLINE = Signal("rmia-offline", loss.observe, offline)
