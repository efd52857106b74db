"""The bound through mu of Gaussian differential privacy."""

import scipy

from analysis.methods.lower_bounds.bounds import MuBound, check_confidence, check_gaussian_delta, mu_bound
from analysis.methods.lower_bounds.clopper_pearson import upper_rates
from analysis.methods.lower_bounds.counts import ErrorCounts


def gaussian_bound(counts: ErrorCounts, delta: float, confidence: float) -> MuBound:
    r"""Return the largest mu that the error rates at any of the thresholds prove.

    .. math:: \mu \ge \Phi^{-1}(1-\bar\alpha) - \Phi^{-1}(\bar\beta)

    with the upper limits of `upper_rates` on both error rates (Nasr et al., USENIX Security 2023, arXiv 2302.07956; the
    curve is Dong et al., arXiv 1905.02383, Equation 6).

    Parameters
    ----------
    counts : ErrorCounts
        Errors at each threshold.
    delta, confidence : float
        The delta at which mu is turned into epsilon, and the least probability of a valid bound.

    Guarantees
    ----------
    The bound on mu holds for any mechanism, as does `clopper_pearson_bound` and under the same conditions: no smaller
    mu makes it mu-GDP. Its epsilon holds only for mechanisms whose trade-off curve is Gaussian, such as one release
    with Gaussian noise. For others it overstates: randomised response of epsilon 1 is 1.23-GDP, of which epsilon at
    1e-5 is 5.6.

    On Gaussian noise it comes close, with a threshold that was chosen on other data or with several that share the
    allowed failure: docs/auditing.md has how close each bound comes.
    """
    check_gaussian_delta(delta)
    return mu_bound(mu_lower_bound(counts, confidence), delta, confidence)


def mu_lower_bound(counts: ErrorCounts, confidence: float) -> float:
    """Return the mu of `gaussian_bound`, without its epsilon; the quicker one to choose a threshold by."""
    check_confidence(confidence)
    fpr, fnr = upper_rates(counts, confidence)
    informative = (fpr < 1) & (fnr < 1)
    mus = scipy.special.ndtri(1 - fpr[informative]) - scipy.special.ndtri(fnr[informative])
    return float(mus.max(initial=0))
