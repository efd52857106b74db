"""Intervals of means over test records."""

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.proportion import proportion_confint

from analysis.methods.over_records import difference_over_records, mean_over_records


@pytest.mark.parametrize("right", [0, 1, 180, 359, 360])
def test_the_interval_of_right_answers_is_clopper_and_pearsons(right):
    found = mean_over_records(np.repeat([1.0, 0.0], [right, 360 - right]))
    assert found.value == right / 360
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, 360, method="beta"), abs=1e-12)


def test_the_interval_of_other_metrics_is_students(rng):
    errors = rng.exponential(size=50)
    found = mean_over_records(errors)
    expected = scipy.stats.ttest_1samp(errors, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_difference_is_paired_by_record(rng):
    reference = rng.exponential(size=50)
    values = reference + 0.1 + 0.01 * rng.normal(size=50)
    found = difference_over_records(values, reference)
    expected = scipy.stats.ttest_rel(values, reference).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.low > 0


def test_intervals_cover_the_accuracy_of_the_population(rng):
    """1,000 draws of 200 records at accuracy .9: at a coverage of 95% fewer than 930 cover with probability .002."""
    right, times = np.unique((rng.random((1000, 200)) < 0.9).sum(axis=1), return_counts=True)
    found = [mean_over_records(np.repeat([1.0, 0.0], [each, 200 - each])) for each in right]
    covers = np.array([each.low <= 0.9 <= each.high for each in found])
    assert times[covers].sum() >= 930
    assert not covers.all()
