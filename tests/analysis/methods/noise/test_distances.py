import numpy as np
import pytest
from scipy import stats

from analysis.methods.noise.distances import CONFIDENCE, distances, resampled_shares
from analysis.methods.noise.distributions import Distribution
from analysis.methods.noise.sketch import sketch_errors


def measure(errors, distribution):
    sketch = sketch_errors(np.zeros_like(errors), errors, 1.0)
    return distances(sketch.edges, resampled_shares(sketch), distribution)


@pytest.mark.parametrize(
    "distribution",
    [Distribution("laplace", 0.0, 1.0), Distribution("normal", 0.3, 1.0), Distribution("uniform", -9.0, 18.0)],
)
def test_ks_and_wasserstein_equal_scipys(rng, distribution):
    errors = rng.laplace(size=20_000)
    found = measure(errors, distribution)
    assert found["ks"].value == pytest.approx(stats.ks_1samp(errors, distribution.below).statistic, abs=1e-3)
    ideal = distribution.quantiles((np.arange(200_000) + 0.5) / 200_000)
    assert found["wasserstein"].value == pytest.approx(stats.wasserstein_distance(errors, ideal), rel=1e-2)


def test_total_variation_and_log_ratio_equal_the_integrals_between_two_uniform_distributions(rng):
    """U(-1, 1) against U(-2, 2): half the mass is where the sample is not, and the density ratio is 2."""
    found = measure(rng.uniform(-1, 1, 400_000), Distribution("uniform", -2.0, 4.0))
    assert found["total_variation"].value == pytest.approx(0.5, abs=1e-2)
    # Bins hold 6,250 errors: five standard deviations of a log share are 0.063, and 64 bins are searched.
    assert found["log_ratio"].value == pytest.approx(np.log(2), abs=0.08)


def test_a_distribution_without_mass_where_errors_are_is_infinitely_far_in_log_ratio(rng):
    assert measure(rng.uniform(-1, 1, 10_000), Distribution("uniform", 0.0, 1.0))["log_ratio"].value == np.inf


def test_a_sample_of_the_distribution_is_at_no_distance_and_one_far_off_is(rng):
    errors = rng.normal(size=100_000)
    near, far = measure(errors, Distribution("normal", 0.0, 1.0)), measure(errors, Distribution("laplace", 0.0, 1.0))
    # Kolmogorov's critical value at error rate 1e-4.
    assert near["ks"].value < stats.kstwobign.isf(1e-4) / np.sqrt(errors.size)
    assert all(near[name].value < far[name].low for name in near)


@pytest.mark.parametrize("name", ["ks", "wasserstein"])
def test_intervals_cover_the_distance_of_the_source(name):
    """Normal errors against the Laplace distribution of equal deviation, 100 repetitions.

    The number that cover is binomial if coverage is 0.95; fewer than the bound have probability 1e-3.
    """
    distribution = Distribution("laplace", 0.0, np.sqrt(0.5))
    grid = np.linspace(-8, 8, 40_001)
    apart = np.abs(stats.norm.cdf(grid) - distribution.below(grid))
    truth = {"ks": apart.max(), "wasserstein": np.trapezoid(apart, grid)}[name]
    covered = 0
    for seed in range(100):
        found = measure(np.random.default_rng(seed).normal(size=4000), distribution)[name]
        covered += found.low <= truth <= found.high
    assert covered >= stats.binom.ppf(1e-3, 100, CONFIDENCE)


def test_the_seed_decides_the_resamples_and_not_the_sample(rng):
    sketch = sketch_errors(np.zeros(5000), rng.laplace(size=5000), 1.0)
    first, again, other = (resampled_shares(sketch, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert np.array_equal(first, resampled_shares(sketch))
    assert np.array_equal(first[0], other[0])
    assert not np.array_equal(first[1:], other[1:])
