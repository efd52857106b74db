"""The posterior of epsilon, from the posteriors of both error rates."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.methods.lower_bounds.bounds import check_confidence, check_delta
from analysis.methods.lower_bounds.counts import ErrorCounts
from fedsz_privacy.core.errors import InputError

NODES = 512
"""Equally likely false positive rates that stand for their posterior."""

Rates = NDArray[np.float64]
Boundary = Callable[[Rates, float], Rates]
"""The least false negative rate that an epsilon allows at each false positive rate."""


@dataclass(frozen=True)
class CredibleBounds:
    """Quantiles of the posterior of epsilon, in nats.

    Attributes
    ----------
    low, median, high : float
        Epsilon is above ``low`` with probability ``confidence``, and below ``high`` with the same.
    delta : float
        The delta that epsilon belongs to.
    confidence : float
        Posterior probability of each bound by itself; of both at once it is 2 * confidence - 1.
    """

    low: float
    median: float
    high: float
    delta: float
    confidence: float


def bayesian_bounds(counts: ErrorCounts, delta: float, confidence: float) -> CredibleBounds:
    r"""Return quantiles of the posterior of epsilon, both directions of the attack taken together.

    .. math:: P(\epsilon \le e) = P\left(\beta \ge \max(1-\delta-e^e\alpha, e^{-e}(1-\delta-\alpha))\right)

    with independent :math:`\alpha \sim \mathrm{Beta}(1/2 + FP, 1/2 + TN)` for the false positive rate and
    :math:`\beta \sim \mathrm{Beta}(1/2 + FN, 1/2 + TP)` for the false negative rate (Zanella-Béguelin et al., ICML
    2023, arXiv 2206.05199). An attack worse than guessing counts as epsilon 0; the paper counts it as its mirror image.

    Parameters
    ----------
    counts : ErrorCounts
        Errors at one threshold.
    delta, confidence : float
        The delta that epsilon is for, and the posterior probability of each bound.

    Guarantees
    ----------
    A credible bound, with Jeffreys' priors, and no confidence bound: where both directions prove about the same
    epsilon, as for randomised response, the posterior of the larger lies above both, and the bound exceeds the truth
    more often than it says (docs/auditing.md). `one_direction_bounds` does not. Threshold and independence as for
    `clopper_pearson_bound`.
    """
    return _bounds(counts, delta, confidence, lambda fpr, e: np.maximum(_steep(fpr, e, delta), _flat(fpr, e, delta)))


def one_direction_bounds(counts: ErrorCounts, delta: float, confidence: float) -> CredibleBounds:
    r"""Return quantiles of the posterior of what one direction of the attack proves.

    .. math:: P(\epsilon \le e) = P(\beta \ge 1 - \delta - e^e \alpha)

    that is, of :math:`\log((1-\delta-\beta)/\alpha)`, with posteriors, parameters and source as in `bayesian_bounds`.
    For the other direction exchange the two pairs of counts.

    Guarantees
    ----------
    As a one-sided Jeffreys interval on a ratio of two rates, it exceeds the truth about as often as it says, in all
    mechanisms of the tests, if the direction too was chosen on other data. No theorem promises this at small counts.

    It comes a little closer than `clopper_pearson_bound`, and falls short on the same mechanisms: docs/auditing.md has
    how close each bound comes.
    """
    return _bounds(counts, delta, confidence, lambda fpr, e: _steep(fpr, e, delta))


def _bounds(counts: ErrorCounts, delta: float, confidence: float, boundary: Boundary) -> CredibleBounds:
    check_delta(delta)
    check_confidence(confidence)
    if counts.false_positives.size != 1:
        raise InputError(f"counts at {counts.false_positives.size} thresholds: choose one on other data")
    fp, fn = counts.false_positives[0] + 0.5, counts.false_negatives[0] + 0.5
    fpr = scipy.special.betaincinv(fp, counts.non_members + 1 - fp, (np.arange(NODES) + 0.5) / NODES)

    # The searches for all three begin at the same values, and one takes half a millisecond.
    @cache
    def below(epsilon: float) -> float:
        least = np.clip(boundary(fpr, epsilon), 0, 1)
        return float(np.mean(scipy.special.betaincc(fn, counts.members + 1 - fn, least)))

    low, median, high = (_quantile(below, level) for level in (1 - confidence, 0.5, confidence))
    return CredibleBounds(low, median, high, delta, confidence)


def _quantile(below: Callable[[float], float], level: float) -> float:
    if below(0) >= level:
        return 0.0
    ceiling = 1.0
    while below(ceiling) < level:
        ceiling *= 2
    return float(scipy.optimize.brentq(lambda epsilon: below(epsilon) - level, 0, ceiling, xtol=1e-6))


def _steep(fpr: Rates, epsilon: float, delta: float) -> Rates:
    return 1 - delta - math.exp(epsilon) * fpr


def _flat(fpr: Rates, epsilon: float, delta: float) -> Rates:
    return math.exp(-epsilon) * (1 - delta - fpr)
