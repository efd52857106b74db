"""The rule that recommends a bound, against SciPy's t test, its edges, and its error rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, ttest_1samp

from analysis.methods.non_inferiority import (
    Standing,
    non_inferior,
    records_to_resolve,
    seeds_to_resolve,
    standing,
)
from analysis.methods.over_seeds import Mean, mean_over_seeds

LOSSES = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=8).filter(lambda values: np.std(values) > 1e-3)


def mean(value, low, high):
    return Mean(value, low, high, (value, value))


@given(LOSSES, st.floats(0.001, 0.1))
def test_below_is_what_a_one_sided_t_test_finds_at_2_5_percent(values, margin):
    below = ttest_1samp(values, margin, alternative="less").pvalue < 0.025
    above = ttest_1samp(values, margin, alternative="greater").pvalue < 0.025
    expected = Standing.BELOW if below else Standing.ABOVE if above else Standing.UNRESOLVED
    assert standing(mean_over_seeds(values), margin) is expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 0.0, Standing.BELOW),
        (-0.01, np.nextafter(0.005, 0), Standing.BELOW),
        (-0.01, 0.005, Standing.UNRESOLVED),
        (np.nextafter(0.005, 0), 0.01, Standing.UNRESOLVED),
        (0.005, 0.01, Standing.ABOVE),
    ],
)
def test_an_interval_that_ends_at_the_margin_is_not_below_it(low, high, expected):
    assert standing(mean((low + high) / 2, low, high), 0.005) is expected


def test_losses_are_counted_up_to_the_first_that_does_not_stay_below():
    below, unresolved = mean(0, -0.001, 0.001), mean(0, -0.01, 0.01)
    assert non_inferior([below, below, unresolved, below], 0.005) == 2
    assert non_inferior([unresolved, below], 0.005) == 0
    assert non_inferior([below, below], 0.005) == 2
    assert non_inferior([], 0.005) == 0


@pytest.mark.slow
def test_a_loss_at_the_margin_is_counted_in_one_of_forty_runs_however_many_there_are(rng):
    """Two thousand runs of seven losses with the margin as their mean: errors are binomial with probability 0.025.

    One-sided, at error rate 1e-3. Were the last one counted that is below by itself, that would be far more, for seven
    independent losses about 0.16: the negative control.
    """
    margin, runs = 0.005, 2000
    losses = [[mean_over_seeds(each) for each in run] for run in rng.normal(margin, 0.003, (runs, 7, 5)).tolist()]
    most = binom.ppf(1 - 1e-3, runs, 0.025)
    assert sum(non_inferior(run, margin) > 0 for run in losses) <= most
    assert sum(any(each.high < margin for each in run) for run in losses) > 3 * most


def test_so_many_seeds_resolve_it_and_one_fewer_do_not():
    values = [0.001, 0.004, -0.002, 0.005, 0.0]
    found = mean_over_seeds(values)
    assert standing(found, 0.004) is Standing.UNRESOLVED
    seeds = seeds_to_resolve(found, 0.004)

    def high(count):
        """Upper end for so many values of the same mean and standard deviation, by SciPy."""
        spread = np.resize([1.0, -1.0], count - count % 2).tolist() + [0.0] * (count % 2)
        scaled = found.value + np.array(spread) * np.std(values, ddof=1) / np.std(spread, ddof=1)
        return ttest_1samp(scaled, 0).confidence_interval(0.95).high

    assert high(seeds) < 0.004 <= high(seeds - 1)


def test_no_number_of_seeds_resolves_a_mean_at_the_margin():
    at = mean(0.005, 0.0, 0.01)
    assert seeds_to_resolve(mean_over_seeds([0.004, 0.006]), 0.005) is None
    assert records_to_resolve(at, 0.005, 100) is None


def test_test_records_shrink_the_interval_by_the_root_of_their_number():
    assert records_to_resolve(mean(0.0, -0.01, 0.01), 0.005, 100) == 401
    assert records_to_resolve(mean(0.0, -0.001, 0.001), 0.005, 100) == 100
