"""Privacy losses of a Poisson-sampled Gaussian mechanism: dp-accounting's, at all discretised losses together.

dp-accounting inverts the loss at one point after another, in Python, and most of the time of an epsilon of DP-SGD goes
there. Here the formula is the same, in arrays; bounds, rounding and composition are dp-accounting's own.
"""

import math
from typing import Any

import numpy as np
from dp_accounting.pld.pld_pmf import create_pmf_pessimistic_connect_dots_fixed_gap
from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution
from dp_accounting.pld.privacy_loss_mechanism import AdjacencyType, GaussianPrivacyLoss
from numpy.typing import NDArray


def sampled_gaussian(noise_multiplier: float, sampling_rate: float, interval: float) -> Any:
    """Return the privacy loss distribution of a mechanism whose records are in by a coin each, rounded up.

    Parameters
    ----------
    noise_multiplier : float
        Standard deviation of the noise over the sensitivity, positive.
    sampling_rate : float
        Probability that a record is in, above 0 and below 1.
    interval : float
        Between losses, in nats.

    Guarantees
    ----------
    Pessimistic, for adding or removing one record (Doroshenko et al., PoPETs 2022, "connect the dots"). Composed with
    itself by dp-accounting it is so up to the rounding of its floats, for which `accountants.rounding` allows.
    """
    removal, addition = (
        _rounded(GaussianPrivacyLoss(noise_multiplier, sampling_prob=sampling_rate, adjacency_type=each), interval)
        for each in (AdjacencyType.REMOVE, AdjacencyType.ADD)
    )
    return PrivacyLossDistribution(removal, addition)


def _rounded(loss: GaussianPrivacyLoss, interval: float) -> Any:
    bounds = loss.connect_dots_bounds()
    low, high = math.floor(bounds.epsilon_lower / interval), math.ceil(bounds.epsilon_upper / interval)
    deltas = hockey_stick(loss, np.arange(low, high + 1) * interval)
    return create_pmf_pessimistic_connect_dots_fixed_gap(interval, low, high, deltas)


def hockey_stick(loss: GaussianPrivacyLoss, epsilons: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the delta of each epsilon, as ``loss.get_delta_for_epsilon`` does one after another."""
    sign = 1 if loss.adjacency_type is AdjacencyType.REMOVE else -1
    losses, rate = sign * epsilons, loss.sampling_prob
    # The loss without sampling, log(1 + (exp(loss) - 1) / rate); infinite beyond log(1 - rate), where no outcome is.
    with np.errstate(divide="ignore"):
        unsampled = sign * (losses - math.log(rate) + np.log1p(-np.minimum((1 - rate) * np.exp(-losses), 1)))
    shift = 0 if sign > 0 else loss.sensitivity
    cutoffs = shift - 0.5 * loss.sensitivity - unsampled * loss.standard_deviation**2 / loss.sensitivity
    deltas = loss.mu_upper_cdf(cutoffs) - np.exp(epsilons + loss.mu_lower_log_cdf(cutoffs))
    found: NDArray[np.float64] = np.clip(deltas, 0, 1)
    return found
