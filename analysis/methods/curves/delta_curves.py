"""Delta at every epsilon of additive noise, from its distribution or a histogram, were it independent of the data."""

from collections.abc import Callable

import numpy as np
from dp_accounting.pld import pld_pmf, privacy_loss_distribution
from dp_accounting.pld.privacy_loss_distribution import PrivacyLossDistribution
from numpy.typing import NDArray
from scipy import stats

from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.sketch import Sketch

Masses = NDArray[np.float64]
"""Probability of each outcome of a discrete distribution."""

Below = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""A distribution function."""

BUCKET = 1e-4
"""Width of the buckets that dp-accounting rounds privacy losses to, in nats."""

COMPOSED_BUCKET = 1e-3
LARGEST_LOSS = 30.0
TAIL = 1e-9
MOST_BINS = 2**16


def laplace_delta(epsilon: float, shift: float, scale: float) -> float:
    """Return max(0, 1 - exp((epsilon - shift / scale) / 2)), the delta of one coordinate of Laplace noise.

    Examples
    --------
    >>> round(laplace_delta(epsilon=0.5, shift=1.0, scale=1.0), 4)
    0.2212
    """
    return float(max(0.0, -np.expm1((epsilon - shift / scale) / 2)))


def gaussian_delta(epsilon: float, mu: float) -> float:
    """Return the delta of Gaussian noise, mu the L2 shift over the deviation (Balle and Wang, ICML 2018).

    Examples
    --------
    >>> round(gaussian_delta(epsilon=1.0, mu=1.0), 4)
    0.1269
    """
    if mu == 0:
        return 0.0
    near, far = stats.norm.cdf(mu / 2 - epsilon / mu), stats.norm.logcdf(-mu / 2 - epsilon / mu)
    return float(near - np.exp(epsilon + far))


def distribution_masses(distribution: Distribution, shift: float, bins: int) -> tuple[Masses, Masses]:
    """Return the masses of a distribution and of it shifted, on even bins of which ``bins`` make up the shift."""
    low, median, high = map(float, distribution.quantiles(np.array([TAIL, 0.5, 1 - TAIL])))
    return _shifted(distribution.below, low, median, high, shift / bins, bins)


def histogram_masses(sketch: Sketch, shift: float, bins: int) -> tuple[Masses, Masses]:
    """Return the same of a sample, even within each bin of its sketch.

    Binning is post-processing: up to sampling error the delta of these masses is at most that of the sample's source.
    """
    shares = np.append(0, sketch.histogram.cumsum()) / sketch.elements

    def below(errors: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(errors, sketch.edges, shares).astype(np.float64)

    median = float(np.interp(0.5, shares, sketch.edges))
    return _shifted(below, float(sketch.lowest.min()), median, float(sketch.highest.max()), shift / bins, bins)


def pessimistic_losses(masses: tuple[Masses, Masses]) -> PrivacyLossDistribution:
    """Return the privacy loss distribution of two, losses rounded up: its deltas are the true ones or more."""
    return privacy_loss_distribution.from_two_probability_mass_functions(
        *_logs(masses), pessimistic_estimate=True, value_discretization_interval=BUCKET, symmetric=False
    )


def optimistic_losses(masses: tuple[Masses, Masses]) -> PrivacyLossDistribution:
    """Return the privacy loss distribution of two, losses rounded down: its deltas are the true ones or less."""
    return privacy_loss_distribution.from_two_probability_mass_functions(
        *_logs(masses), pessimistic_estimate=False, value_discretization_interval=BUCKET, symmetric=False
    )


def connect_the_dots(masses: tuple[Masses, Masses]) -> PrivacyLossDistribution:
    """Return the tightest pessimistic privacy loss distribution on a grid of losses (Doroshenko et al., PoPETs 2022).

    It is exact at the grid's epsilons, so it stays close when many coordinates of small shift are composed.
    """
    lower, upper = masses
    return PrivacyLossDistribution(_dots(upper, lower), _dots(lower, upper))


def true_positive_rates(distribution: PrivacyLossDistribution, fpr: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the greatest TPR of any attack at some false positive rates (Kulynych et al., NeurIPS 2024)."""
    # It takes a second to import, and few need it.
    from riskcal.analysis import get_beta_from_pld

    return np.asarray(1 - get_beta_from_pld(distribution, fpr))


def _shifted(below: Below, low: float, median: float, high: float, width: float, bins: int) -> tuple[Masses, Masses]:
    """Return masses on bins of a width that cover a range and the range shifted.

    What lies beyond joins the ends, of both distributions alike, which is post-processing. A range of more than
    `MOST_BINS` is cut around its median: of heavy tails it may be thousands of times as wide as what most errors are
    in.
    """
    count = int(np.ceil((high - low) / width)) + 1
    if count > MOST_BINS:
        count, low = MOST_BINS, median - width * MOST_BINS / 2
    cumulative = below(np.asarray(low + width * np.arange(-bins, count + bins + 1), np.float64))
    return _masses(cumulative[bins:]), _masses(cumulative[: len(cumulative) - bins])


def _masses(cumulative: NDArray[np.float64]) -> Masses:
    return np.diff(np.concatenate([[0.0], cumulative[1:-1], [1.0]])).clip(0)


def _logs(masses: tuple[Masses, Masses]) -> tuple[dict[int, float], dict[int, float]]:
    """Return the logarithms of two lists of masses by the outcome, as dp-accounting takes them."""
    lower, upper = ({n: float(np.log(mass)) for n, mass in enumerate(each) if mass > 0} for each in masses)
    return lower, upper


def _dots(upper: Masses, lower: Masses) -> pld_pmf.PLDPmf:
    with np.errstate(divide="ignore"):
        losses = np.log(upper[upper > 0]) - np.log(lower[upper > 0])
    order = np.argsort(losses)
    losses, ours, theirs = losses[order], upper[upper > 0][order], lower[upper > 0][order]
    finite = losses[np.isfinite(losses)]
    least, most = (np.clip(end, -LARGEST_LOSS, LARGEST_LOSS) for end in (finite.min(initial=0), finite.max(initial=0)))
    ends = int(np.floor(least / COMPOSED_BUCKET)), int(np.ceil(most / COMPOSED_BUCKET))
    epsilons = COMPOSED_BUCKET * np.arange(ends[0], ends[1] + 1)
    above = np.searchsorted(losses, epsilons, side="right")
    deltas = _from_the_right(ours)[above] - np.exp(epsilons) * _from_the_right(theirs)[above]
    deltas = np.minimum.accumulate(deltas.clip(0, 1))
    return pld_pmf.create_pmf_pessimistic_connect_dots_fixed_gap(COMPOSED_BUCKET, *ends, deltas)


def _from_the_right(masses: Masses) -> Masses:
    return np.append(np.cumsum(masses[::-1])[::-1], 0)
