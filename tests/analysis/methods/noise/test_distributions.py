from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from analysis.methods.noise.distributions import (
    GeneralisedNormal,
    Laplace,
    Normal,
    StudentT,
    TruncatedNormal,
    Uniform,
    ZeroInflated,
)
from analysis.methods.noise.families import BOUNDED, FAMILIES
from analysis.methods.noise.sketch import sketch_errors

SIZE = 30_000

DISTRIBUTIONS = {
    each.family: each
    for each in (
        Uniform(-1.0, 2.0),
        Laplace(0.1, 0.3),
        Normal(-0.1, 0.4),
        GeneralisedNormal(0.05, 0.5, 1.4),
        StudentT(0.0, 0.2, 4.0),
        ZeroInflated(0.1, 0.5, 1.4, 0.25),
        TruncatedNormal(0.0, 0.6, 1 / 0.6),
    )
}
FITS = {**FAMILIES, **BOUNDED}


def sketch_of(errors):
    return sketch_errors(np.zeros_like(errors), errors, 1.0)


@pytest.mark.parametrize("family", ["uniform", "laplace", "normal", "generalised normal", "student t"])
def test_estimates_equal_scipys_on_the_full_array(rng, family):
    errors = DISTRIBUTIONS[family].draw(SIZE, rng)
    *shape, location, scale = DISTRIBUTIONS[family].standard.fit(errors)
    found = FAMILIES[family](sketch_of(errors))
    unit = errors.std()
    assert found.location == pytest.approx(location, abs=1e-3 * unit)
    assert found.scale == pytest.approx(scale, rel=1e-3)
    if shape:
        assert found.shape == pytest.approx(shape[0], rel=1e-3 if family == "generalised normal" else 5e-3)


@pytest.mark.parametrize("scale", [0.1, 0.6, 3.0])
def test_the_truncated_normals_scale_is_that_of_greatest_likelihood(rng, scale):
    """Against a minimum of scipy.stats.truncnorm's own negative log-likelihood on the full array."""
    errors = TruncatedNormal(0.0, scale, 1 / scale).draw(SIZE, rng)

    def loss(log_scale):
        size = np.exp(log_scale)
        return stats.truncnorm.nnlf((-1 / size, 1 / size, 0.0, size), errors)

    best = optimize.minimize_scalar(loss, bounds=(-4, 4), method="bounded", options={"xatol": 1e-6}).x
    found = BOUNDED["truncated normal"](sketch_of(errors))
    assert found.scale == pytest.approx(np.exp(best), rel=2e-3)
    assert found.scale * found.shape == pytest.approx(1)


@pytest.mark.parametrize("family", [name for name in DISTRIBUTIONS if name != "uniform"])
def test_the_likelihood_is_no_less_than_that_of_the_truth(rng, family):
    errors = DISTRIBUTIONS[family].draw(SIZE, rng)

    def likelihood(distribution):
        atom = (errors == 0).mean() * np.log(distribution.zero) if distribution.zero else 0.0
        return atom + np.where(errors == 0, 0, np.log(distribution.density(errors))).mean()

    assert likelihood(FITS[family](sketch_of(errors))) > likelihood(DISTRIBUTIONS[family])


def test_an_atom_is_found_with_its_share_and_the_distribution_beside_it(rng):
    found = FAMILIES["zero-inflated"](sketch_of(DISTRIBUTIONS["zero-inflated"].draw(100_000, rng)))
    # Five standard deviations of a binomial share.
    assert found.zero == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 100_000))
    assert (found.location, found.scale, found.shape) == pytest.approx((0.1, 0.5, 1.4), abs=0.05)


@pytest.mark.parametrize("family", DISTRIBUTIONS)
def test_masses_densities_and_tails_agree(family):
    distribution, edges = DISTRIBUTIONS[family], np.linspace(-1.5, 1.5, 301)
    assert np.diff(distribution.below(edges)) == pytest.approx(distribution.masses(edges), abs=1e-12)
    inside, _ = integrate.quad(
        lambda t: float(distribution.density(np.array(t))), -1.5, 1.5, points=[0.0, 0.05, 0.1, -1, 1]
    )
    assert inside + distribution.zero == pytest.approx(distribution.masses(edges).sum(), abs=1e-6)
    assert distribution.beyond(np.array([1.5]))[0] == pytest.approx(1 - distribution.masses(edges).sum(), abs=1e-9)


@pytest.mark.parametrize("family", ["laplace", "normal", "generalised normal", "student t"])
def test_fisher_information_is_the_mean_squared_score(family):
    distribution, step = DISTRIBUTIONS[family], 1e-5

    def score_squared(t):
        up, here, down = distribution.density(np.array([t + step, t, t - step]))
        return ((up - down) / (2 * step)) ** 2 / here

    pieces = [-3, distribution.location, 3]
    found = sum(integrate.quad(score_squared, *pair, limit=200)[0] for pair in pairwise(pieces))
    assert distribution.fisher_information == pytest.approx(found, rel=5e-3)


@pytest.mark.parametrize("family", ["uniform", "zero-inflated", "truncated normal"])
def test_a_distribution_that_jumps_has_infinite_information(family):
    assert DISTRIBUTIONS[family].fisher_information == np.inf


def two_fits(family, rng):
    """Return fits to errors of two sources within the same bound."""
    errors = DISTRIBUTIONS[family].draw(2000, rng).clip(-1, 1)
    return FITS[family](sketch_of(errors)), FITS[family](sketch_of(0.7 * errors + 0.1))


@pytest.mark.parametrize("family", FAMILIES)
def test_of_every_family_each_number_is_fitted_and_counts(rng, family):
    one, other = two_fits(family, rng)
    differ = [getattr(one, each.name) != getattr(other, each.name) for each in fields(one)]
    assert sum(differ) == len(differ) == one.parameters


def test_of_a_truncated_normal_the_scale_alone_is_fitted_and_counts_beside_both_ends(rng):
    """The ends are those of scipy's support."""
    one, other = two_fits("truncated normal", rng)
    ends = [each.standard.support(*each.shapes, each.location, each.scale) for each in (one, other)]
    assert one.scale != other.scale
    assert ends == [pytest.approx((-1, 1))] * 2
    assert one.location == other.location == 0
    assert one.parameters == 1 + len(ends[0])


def test_up_to_a_beta_of_a_half_the_information_is_infinite():
    assert GeneralisedNormal(0.0, 1.0, 0.5).fisher_information == np.inf
    assert np.isfinite(GeneralisedNormal(0.0, 1.0, 0.51).fisher_information)


def test_each_family_is_fitted_by_what_its_name_says(rng):
    errors = rng.uniform(-1, 1, 1000)
    assert all(fit(sketch_of(errors)).family == name for name, fit in FITS.items())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_constant_error_gives_a_narrow_distribution_and_no_failure(family):
    errors = np.full(1000, 0.5)
    found = FAMILIES[family](sketch_of(errors))
    assert 0 < found.scale < 1e-2
    assert np.isfinite(found.density(errors)).all()


def test_drawn_errors_follow_the_distribution(rng):
    distribution = DISTRIBUTIONS["student t"]
    assert stats.ks_1samp(distribution.draw(20_000, rng), distribution.below).pvalue > 1e-4
