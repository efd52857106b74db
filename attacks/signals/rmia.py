"""RMIA: pairwise likelihood ratios of a record and a population (Zarifzadeh et al., ICML 2024).

With p(x|t) the probability that the target gives the true class of x, the ratio of x is R(x) = p(x|t) / p(x), and the
score of x is the share of population records z with R(x) >= g R(z), at the g = 1 of the authors' code. Reference models
stand for p(x):

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
from attacks.signals.shadows import moments

SLOPES = tuple(tenth / 10 for tenth in range(11))
"""Values of a that are tried."""
UNTUNED_SLOPE = 0.3
"""Value of a where no other trial has members and non-members to choose it by."""
HALVES = (slice(0, None, 2), slice(1, None, 2))
LEAST_PROBABILITY = 1e-12
"""Lower probabilities count as this one."""


def online(log_probabilities: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the share of the population that each record dominates, with references trained with and without it."""
    seen = _probabilities(log_probabilities)
    return _dominated(seen, (moments(seen, membership).mean + moments(seen, ~membership).mean) / 2)


def offline(log_probabilities: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the share of the population that each record dominates, with references trained without it only."""
    seen = _probabilities(log_probabilities)
    outside = moments(seen, ~membership).mean
    scores = np.empty_like(seen)
    for half, other in (HALVES, HALVES[::-1]):
        scores[half] = _offline(seen[half], outside[half], tuned_slope(log_probabilities[other], membership[other]))
    return scores


def tuned_slope(log_probabilities: Scores, membership: NDArray[np.bool_]) -> float:
    """Return the a at which the offline attack on some trials, with one another as references, has the largest AUC."""
    # scikit-learn takes a second to import.
    from sklearn.metrics import roc_auc_score

    if membership.all() or not membership.any():
        return UNTUNED_SLOPE
    seen, members = _probabilities(log_probabilities), membership.ravel()
    outside = moments(seen, ~membership).mean
    return max(SLOPES, key=lambda slope: float(roc_auc_score(members, _offline(seen, outside, slope).ravel())))


def _offline(seen: Scores, outside: Scores, slope: float) -> Scores:
    return _dominated(seen, ((1 + slope) * outside + 1 - slope) / 2)


def _probabilities(log_probabilities: Scores) -> Scores:
    return np.maximum(np.exp(log_probabilities), LEAST_PROBABILITY)


def _dominated(seen: Scores, expected: Scores) -> Scores:
    """Return the share of the other candidates z of a row with R(z) <= R(x)."""
    ratios = seen / np.maximum(expected, LEAST_PROBABILITY)
    dominated: Scores = (scipy.stats.rankdata(ratios, method="max", axis=1) - 1) / (ratios.shape[1] - 1)
    return dominated


RMIA = Signal("rmia", loss.observe, online)
RMIA_OFFLINE = Signal("rmia-offline", loss.observe, offline)
