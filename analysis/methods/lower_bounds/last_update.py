"""What a gradient canary of fixed direction can show in the last update of DP-SGD, where no step is seen by itself."""

import numpy as np
import scipy

from analysis.methods.lower_bounds.bounds import check_gaussian_delta

MOST_HALVINGS = 2000
"""Steps of a search: where noise is extreme, some hundred are needed."""


def last_update_epsilon(noise_multiplier: float, sampling_rate: float, steps: int, delta: float) -> float:
    r"""Return the epsilon between a canary that is there and one that is not, in the sum of all steps, in nats.

    In clip norms and along the canary, the sum of T steps is :math:`y = k + \sqrt{T} \sigma z`, with z standard normal
    and k a binomial number of draws where the canary is there, else 0. Its log-likelihood ratio rises with y, so that
    both directions of

    .. math:: \delta(\epsilon) = \sum_k p_k \Phi\left(\frac{k - y_\epsilon}{\sqrt{T} \sigma}\right)
              - e^\epsilon \Phi\left(\frac{-y_\epsilon}{\sqrt{T} \sigma}\right)

    are sums, over the y on one side of where the ratio is epsilon, or minus epsilon (Balle and Wang, ICML 2018, on
    the privacy loss as a random variable).

    Parameters
    ----------
    noise_multiplier, sampling_rate, steps : float, float, int
        Sigma, q and T of DP-SGD by Poisson sampling, under plain descent, whose update is the sum of its steps.
    delta : float
        The delta that epsilon is for.
    """
    check_gaussian_delta(delta)
    binom, norm = scipy.stats.binom, scipy.stats.norm
    deviation, draws = noise_multiplier * steps**0.5, np.arange(steps + 1)
    log_shares, shares = binom.logpmf(draws, steps, sampling_rate), binom.pmf(draws, steps, sampling_rate)

    def log_ratio(y: float) -> float:
        return float(scipy.special.logsumexp(log_shares + draws * (2 * y - draws) / (2 * deviation**2)))

    def where(ratio: float) -> float:
        low, high = -deviation, deviation + steps
        while log_ratio(low) > ratio:
            low *= 2
        while log_ratio(high) < ratio:
            high *= 2
        return float(scipy.optimize.brentq(lambda y: log_ratio(y) - ratio, low, high, maxiter=MOST_HALVINGS))

    def excess(epsilon: float) -> float:
        there = where(epsilon)
        added = shares @ norm.sf((there - draws) / deviation) - np.exp(epsilon + norm.logsf(there / deviation))
        if -epsilon <= log_shares[0]:
            # The ratio never falls so far: nothing speaks against the canary as much.
            return float(added - delta)
        gone = where(-epsilon)
        kept = scipy.special.logsumexp(log_shares + norm.logcdf((gone - draws) / deviation))
        removed = norm.cdf(gone / deviation) - np.exp(epsilon + kept)
        return float(max(added, removed) - delta)

    if excess(0.0) <= 0:
        return 0.0
    most = 1.0
    while excess(most) > 0:
        most *= 2
    return float(scipy.optimize.brentq(excess, 0.0, most, maxiter=MOST_HALVINGS))
