"""Means of a metric over test records, with intervals: how much another draw of such records could change."""

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.leakage.detectable import Estimate
from analysis.methods.over_seeds import mean_with_interval

LEAST_RECORDS = 2
"""Fewest records whose mean has an interval."""


def mean_over_records(values: NDArray[np.float64]) -> Estimate:
    """Return the mean of a metric over test records, with its 95% interval.

    Parameters
    ----------
    values : float64 array, shape (records,)
        The metric of each record, `LEAST_RECORDS` or more.

    Guarantees
    ----------
    Covers the mean over the population that test records were drawn from independently. Where each record is right or
    wrong, 1 or 0, in 95% of draws or more (Clopper and Pearson, Biometrika 1934); of other metrics in about 95%, by
    Student's t. The model is the one that was trained: nothing is said of how another training would come out.

    Examples
    --------
    >>> found = mean_over_records(np.array([1.0, 1, 1, 0, 1, 1, 1, 1, 1, 1]))
    >>> found.value, round(found.low, 3), round(found.high, 3)
    (0.9, 0.555, 0.997)
    """
    if np.isin(values, (0, 1)).all():
        ends = scipy.stats.binomtest(int(values.sum()), values.size).proportion_ci(CONFIDENCE)
        return Estimate(float(values.mean()), float(ends.low), float(ends.high))
    return _by_student(values)


def difference_over_records(values: NDArray[np.float64], reference: NDArray[np.float64]) -> Estimate:
    """Return the mean difference of a metric between two models, paired by test record, with its 95% t interval.

    Its width is 0 where all records differ by the same, as of two models that are right on the same records: another
    draw of records may not.
    """
    return _by_student(values - reference)


def _by_student(values: NDArray[np.float64]) -> Estimate:
    mean = mean_with_interval(values.tolist())
    return Estimate(mean.value, mean.low, mean.high)
