"""What several audits say together, each with records, a federation and trials of its own seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot, sqrt
from statistics import fmean, median_low, stdev

import scipy

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.leakage.detectable import POWER, Estimate
from fedsz_privacy.core.errors import InputError

MOST_SHIFT = 50.0
"""More standard errors than any interval needs: of two seeds it reaches 13 to either side."""


@dataclass(frozen=True)
class Mean(Estimate):
    """A mean over seeds with its 95% t interval.

    Attributes
    ----------
    values : tuple of float
        What each seed gave.
    """

    values: tuple[float, ...]

    def within(self, least: float, most: float) -> "Mean":
        """Return the same with the interval cut to what the mean can be."""
        return replace(self, low=max(least, self.low), high=min(most, self.high))


@dataclass(frozen=True)
class Spread:
    """The median over seeds, the lower of two, and the least and the greatest; no interval.

    Attributes
    ----------
    median, least, greatest : float
        Of what the seeds gave.
    """

    median: float
    least: float
    greatest: float


def mean_with_interval(values: Sequence[float]) -> Mean:
    """Return the mean of independent values with Student's interval, as `mean_over_seeds` does for seeds."""
    middle = fmean(values)
    reach = quantile(len(values)) * standard_error(values)
    return Mean(middle, middle - reach, middle + reach, tuple(values))


def mean_over_seeds(values: Sequence[float]) -> Mean:
    r"""Return the mean of what each seed gave, with Student's interval.

    .. math:: \bar x \pm t_{n-1, .975}\, s / \sqrt n

    with s the standard deviation of the n values (Student, Biometrika 1908).

    Parameters
    ----------
    values : sequence of float
        What each seed gave, two or more.

    Raises
    ------
    InputError
        If there are fewer than two values.

    Guarantees
    ----------
    Covers the mean over all seeds in 95% of repetitions if the values are independent and normal. They are independent:
    nothing is shared by two seeds but the data set. Pools of one data set overlap, so what is covered is the mean over
    pools of this data set, and no other data set's.

    Whether they are normal nobody checks; the AUC of the most vulnerable records, which ends at 1, is not quite.
    """
    if len(values) < 2:
        raise InputError(f"{len(values)} seeds have no interval: give two or more")
    return mean_with_interval(values)


def mean_of_estimates(found: Sequence[Estimate]) -> Mean:
    """Return the mean over seeds of estimates that have 95% intervals of their own, of two seeds or more.

    Its interval is that of `mean_over_seeds`, and no narrower than what their own intervals say of the mean. Few seeds
    lie close to one another by chance, though none of them is as sure.
    """
    mean = mean_over_seeds([each.value for each in found])
    own = hypot(*(each.high - each.low for each in found)) / (2 * len(found))
    reach = max(own, mean.high - mean.value)
    return replace(mean, low=mean.value - reach, high=mean.value + reach)


def quantile(seeds: int) -> float:
    """Return how many standard errors the interval of so many seeds reaches to either side."""
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1))


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of two values or more."""
    return stdev(values) / sqrt(len(values))


def detectable_over_seeds(found: Mean) -> float:
    r"""Return the smallest true mean whose interval excludes 0 with probability `POWER`.

    .. math:: \delta\, s / \sqrt n, \quad P(T_{n-1}(\delta) > t_{n-1, .975}) = .8

    with T noncentral (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988); an interval beyond 0 on the
    wrong side is left out. It is 0 where all seeds gave the same: there was nothing to detect in these seeds, which
    does not say that they would have found any mean at all.

    Parameters
    ----------
    found : Mean
        What the seeds gave, with its whole interval; the standard error that it shows stands for that of all seeds.
    """
    seeds = len(found.values)
    shift = scipy.optimize.brentq(
        lambda shift: scipy.stats.nct.sf(quantile(seeds), seeds - 1, shift) - POWER, 0, MOST_SHIFT
    )
    # In Student's interval that is the standard error; a wider one says that it is larger.
    return float(shift) * (found.high - found.value) / quantile(seeds)


def spread_over_seeds(values: Sequence[float]) -> Spread:
    """Return the median of what each seed gave, and its range.

    This is how lower bounds on one epsilon are put together. Each is above epsilon with probability 0.05 at most, and
    the lower median only if more than half of them are, so of independent runs it is a lower bound at 95% too. The
    greatest of them is none: of five, it is above epsilon with a probability of up to 0.23.
    """
    return Spread(median_low(values), min(values), max(values))
