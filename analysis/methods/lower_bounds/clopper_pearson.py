"""The bound on epsilon from exact binomial intervals on both error rates."""

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.methods.lower_bounds.bounds import EpsilonBound, check_confidence, check_delta
from analysis.methods.lower_bounds.counts import ErrorCounts

Rates = NDArray[np.float64]


def clopper_pearson_bound(counts: ErrorCounts, delta: float, confidence: float) -> EpsilonBound:
    r"""Return the largest epsilon that the error rates at any of the thresholds prove.

    With upper limits :math:`\bar\alpha` on the false positive rate and :math:`\bar\beta` on the false negative rate,

    .. math:: \epsilon \ge \log \max\left((1-\delta-\bar\alpha) / \bar\beta, (1-\delta-\bar\beta) / \bar\alpha\right)

    (Kairouz et al., ICML 2015, Theorem 2.1; as an audit Jagielski et al., NeurIPS 2020, and Nasr et al., S&P 2021). The
    limits are Clopper and Pearson's (Biometrika 1934), and share the allowed failure evenly over both rates and all
    thresholds (Bonferroni).

    Parameters
    ----------
    counts : ErrorCounts
        Errors at each threshold.
    delta, confidence : float
        The delta that epsilon is for, and the least probability of a valid bound.

    Guarantees
    ----------
    Valid for the adjacency by which a member's world differs from a non-member's, whatever the adversary did to find
    the scores, if (a) the thresholds were fixed beforehand or chosen on other data and (b) scores are independent
    given membership, each of one distribution for members and one for non-members. Scores of one trained model are not
    independent: (b) asks for one candidate per run, or a mechanism that treats candidates separately.

    It comes close to epsilon on Laplace noise and on randomised response. On Gaussian noise, where large losses are
    rare, it falls far short at a small delta: docs/auditing.md has how close each bound comes.
    """
    check_delta(delta)
    check_confidence(confidence)
    fpr, fnr = upper_rates(counts, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = np.log(np.maximum([(1 - delta - fpr) / fnr, (1 - delta - fnr) / fpr], 1))
    return EpsilonBound(float(both.max()), delta, confidence)


def upper_rates(counts: ErrorCounts, confidence: float) -> tuple[Rates, Rates]:
    """Return upper limits on false positive and false negative rates that all hold at once.

    Returns
    -------
    two float64 arrays, shape (thresholds,)
    """
    share = (1 - confidence) / (2 * counts.false_positives.size)
    return (
        _upper(counts.false_positives, counts.non_members, share),
        _upper(counts.false_negatives, counts.members, share),
    )


def _upper(errors: NDArray[np.int64], total: int, level: float) -> Rates:
    limits = scipy.special.betaincinv(errors + 1, np.maximum(total - errors, 1), 1 - level)
    return np.where(errors < total, limits, 1.0)
