import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.noise.distances import COARSE_BINS, LEAST_SHARE, band, distances, resampled_shares
from analysis.methods.noise.distribution import Distribution
from analysis.methods.noise.distributions import Laplace, Normal, Uniform
from analysis.methods.noise.families import laplace, normal
from analysis.methods.noise.sketch import sketch_errors


def measure(errors, distribution):
    sketch = sketch_errors(np.zeros_like(errors), errors, 1.0)
    return distances(sketch, resampled_shares(sketch), distribution)


@pytest.mark.parametrize(
    "distribution",
    [Laplace(0.0, 1.0), Normal(0.3, 1.0), Uniform(-9.0, 18.0)],
)
def test_ks_and_wasserstein_equal_scipys(rng, distribution):
    errors = rng.laplace(size=20_000)
    found = measure(errors, distribution)
    assert found["ks"].value == pytest.approx(stats.ks_1samp(errors, distribution.below).statistic, abs=1e-3)
    ideal = distribution.quantiles((np.arange(200_000) + 0.5) / 200_000)
    assert found["wasserstein"].value == pytest.approx(stats.wasserstein_distance(errors, ideal), rel=1e-2)


def test_total_variation_and_log_ratio_equal_the_integrals_between_two_uniform_distributions(rng):
    """U(-1, 1) against U(-2, 2): half the mass is where the sample is not, and the density ratio is 2."""
    found = measure(rng.uniform(-1, 1, 400_000), Uniform(-2.0, 4.0))
    assert found["total_variation"].value == pytest.approx(0.5, abs=1e-2)
    # Bins hold 6,250 errors: five standard deviations of a log share are 0.063, and 64 bins are searched.
    assert found["log_ratio"].value == pytest.approx(np.log(2), abs=0.08)


def test_a_distribution_without_mass_where_errors_are_is_infinitely_far_in_log_ratio(rng):
    assert measure(rng.uniform(-1, 1, 10_000), Uniform(0.0, 1.0))["log_ratio"].value == np.inf


def test_a_sample_of_the_distribution_is_at_no_distance_and_one_far_off_is(rng):
    errors = rng.normal(size=100_000)
    near, far = measure(errors, Normal(0.0, 1.0)), measure(errors, Laplace(0.0, 1.0))
    # Kolmogorov's critical value at error rate 1e-4.
    assert near["ks"].value < stats.kstwobign.isf(1e-4) / np.sqrt(errors.size)
    assert all(near[name].value < far[name].low for name in near)


GRID = np.linspace(-12, 12, 60_001)
TARGETS = {
    "itself": Normal(0.0, 1.0),
    "near": Normal(0.1, 1.1),
    "far": Laplace(0.0, np.sqrt(0.5)),
    "fitted normal": normal,
    "fitted Laplace": laplace,
}


def true_distances(sketch, distribution):
    """Return what N(0, 1) is apart from a distribution."""
    apart = np.abs(stats.norm.cdf(GRID) - distribution.below(GRID))
    bins = np.searchsorted(sketch.edges, np.linspace(sketch.edges[0], sketch.edges[-1], COARSE_BINS + 1))
    edges = sketch.edges[bins.clip(0, sketch.edges.size - 1)]
    source, other = np.diff(stats.norm.cdf(edges)), distribution.masses(edges)
    held = source >= LEAST_SHARE
    return {
        "ks": apart.max(),
        "wasserstein": np.trapezoid(apart, GRID),
        "total_variation": (np.abs(source - other).sum() + abs(source.sum() - other.sum())) / 2,
        "log_ratio": np.abs(np.log(source[held] / other[held])).max(),
    }


def normal_errors(size, rng):
    return rng.normal(size=size)


def runs_of_four(size, rng):
    """Errors that come four times each: as many independent ones as a quarter of them."""
    return rng.normal(size=-(-size // 4)).repeat(4)[:size]


def covered(draw, size, target, repetitions):
    """Return how often the interval of each distance covers that of the source to the printed distribution."""
    counts = {}
    for seed in range(repetitions):
        sketch = sketch_errors(np.zeros(size), draw(size, np.random.default_rng([size, seed])), 1.0)
        distribution = target if isinstance(target, Distribution) else target(sketch)
        found = distances(sketch, resampled_shares(sketch, seed), distribution)
        for name, truth in true_distances(sketch, distribution).items():
            counts[name] = counts.get(name, 0) + (found[name].low <= truth <= found[name].high)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("size", [300, 1000, 3000, 10_000])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_intervals_cover_the_distance_of_the_source_at_every_size_and_distance(size, target):
    """Of 100 samples of N(0, 1), at a true distance of 0 and at others, to known and to fitted distributions.

    The number that cover is binomial if coverage is 0.95; fewer than the bound have probability 1e-4.
    """
    least = stats.binom.ppf(1e-4, 100, CONFIDENCE)
    assert all(count >= least for count in covered(normal_errors, size, target, 100).values())


@pytest.mark.parametrize("size", [300, pytest.param(3000, marks=pytest.mark.slow)])
def test_intervals_cover_a_distance_of_nought(size):
    """Fewer of 60 than this have probability 1e-4 at a coverage of .95.

    The percentile bootstrap covered KS in .68 to .77 of samples, W1 in .83, and total variation in .02 to .12.
    """
    counts = covered(normal_errors, size, TARGETS["itself"], 60)
    assert all(count >= stats.binom.ppf(1e-4, 60, CONFIDENCE) for count in counts.values())


def test_intervals_cover_where_errors_depend_on_their_neighbours():
    """The band for independent errors alone is half as wide as it should be here; error rate as above."""
    counts = covered(runs_of_four, 3000, TARGETS["itself"], 60)
    assert all(count >= stats.binom.ppf(1e-4, 60, CONFIDENCE) for count in counts.values())


@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.floats(-2, 2), st.floats(0.1, 10))
def test_a_ks_interval_reaches_as_far_as_the_band_to_both_sides(location, scale):
    errors = np.random.default_rng(0).normal(size=500)
    found = measure(errors, Normal(location, scale))["ks"]
    assert found.high >= found.value + band(500)
    assert found.low <= max(0, found.value - band(500))


@pytest.mark.parametrize("size", [30, 1000])
def test_the_band_is_the_quantile_of_kolmogorovs_statistic_or_a_little_more(size):
    assert stats.kstwo.isf(1 - CONFIDENCE, size) <= band(size) <= 1.05 * stats.kstwo.isf(1 - CONFIDENCE, size)


def test_pooled_sketches_of_many_scales_have_distances(rng):
    """Scaled counts add up with roundings, which once made the share of an empty bin negative."""
    sketches = [sketch_errors(np.zeros(999), rng.normal(size=999) * scale, 1.0) for scale in np.geomspace(1e-3, 1, 30)]
    limit = max(each.limit for each in sketches)
    pooled = sum((each.scaled(1.0, limit) for each in sketches[1:]), sketches[0].scaled(1.0, limit))
    found = distances(pooled, resampled_shares(pooled), normal(pooled))
    assert all(0 <= each.low <= each.value <= each.high for each in found.values())


def test_the_seed_decides_the_resamples_and_not_the_sample(rng):
    sketch = sketch_errors(np.zeros(5000), rng.laplace(size=5000), 1.0)
    first, again, other = (resampled_shares(sketch, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert np.array_equal(first, resampled_shares(sketch))
    assert np.array_equal(first[0], other[0])
    assert not np.array_equal(first[1:], other[1:])
