import numpy as np
import pytest
from scipy.stats import binom, ttest_1samp

from analysis.methods.leakage.detectable import Estimate
from analysis.methods.over_seeds import detectable_over_seeds, mean_of_estimates, mean_over_seeds, spread_over_seeds
from fedsz_privacy.core.errors import InputError


def test_the_interval_is_students(rng):
    values = rng.normal(0.6, 0.02, size=5).tolist()
    found, expected = mean_over_seeds(values), ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.value, found.values) == (pytest.approx(np.mean(values)), tuple(values))


def test_the_interval_covers_the_mean_of_normal_seeds(rng):
    """Two thousand runs of three seeds: misses are binomial with probability 0.05; the range has error rate 1e-3."""
    means = [mean_over_seeds(row.tolist()) for row in rng.normal(0.6, 0.02, size=(2000, 3))]
    missed = sum(not each.low <= 0.6 <= each.high for each in means)
    low, high = binom.ppf([5e-4, 1 - 5e-4], 2000, 0.05)
    assert low <= missed <= high


def test_one_seed_has_no_interval():
    with pytest.raises(InputError, match="1 seeds have no interval: give two or more"):
        mean_over_seeds([0.6])


def test_an_interval_is_cut_to_what_can_be():
    found = mean_over_seeds([0.9, 1.0]).within(0, 1)
    assert (found.value, found.high) == (0.95, 1)
    assert found.low < 0.9


def test_a_median_of_bounds_is_a_bound_and_the_greatest_is_none(rng):
    """Bounds that are each above 0 with probability 0.05: their median in 5 or less of 100 runs, their greatest in 23.

    A thousand runs of each number of seeds, at error rate 1e-3.
    """
    for seeds in (2, 3, 4, 5):
        found = [spread_over_seeds(row.tolist()) for row in rng.uniform(-0.95, 0.05, size=(1000, seeds))]
        assert sum(each.median > 0 for each in found) <= binom.ppf(1 - 1e-3, 1000, 0.05)
    assert sum(each.greatest > 0 for each in found) >= 150
    assert spread_over_seeds([3.0, 1.0, 2.0, 4.0]).median == 2
    assert spread_over_seeds([3.0, 1.0, 2.0, 4.0]).least == 1


def test_seeds_that_agree_by_chance_are_no_surer_than_their_own_intervals():
    """Two audits with AUC .5285 [.452, .608] and .5284 [.433, .626] together were .528 [.528, .529]: "leaks"."""
    alike = mean_of_estimates([Estimate(0.5285, 0.452, 0.608), Estimate(0.5284, 0.433, 0.626)])
    assert (alike.low, alike.high) == pytest.approx((0.52845 - 0.0621, 0.52845 + 0.0621), abs=1e-4)
    apart = [Estimate(0.5, 0.49, 0.51), Estimate(0.7, 0.69, 0.71)]
    assert mean_of_estimates(apart).low == pytest.approx(mean_over_seeds([0.5, 0.7]).low)
    assert detectable_over_seeds(alike) > detectable_over_seeds(mean_over_seeds(alike.values))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
def test_a_detectable_mean_is_found_in_four_of_five_runs(rng, seeds):
    """Four thousand runs whose true mean is the detectable one of their true deviation: binomial at error rate 1e-3."""
    spread = rng.normal(size=seeds)
    unit = ((spread - spread.mean()) / spread.std(ddof=1)).tolist()
    detectable = detectable_over_seeds(mean_over_seeds(unit))
    found = sum(mean_over_seeds(run).low > 0 for run in rng.normal(detectable, 1, size=(4000, seeds)).tolist())
    low, high = binom.ppf([5e-4, 1 - 5e-4], 4000, 0.8)
    assert low <= found <= high


def test_nothing_is_detectable_where_all_seeds_agree():
    assert detectable_over_seeds(mean_over_seeds([0.25, 0.25, 0.25])) == 0
