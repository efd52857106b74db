import numpy as np
import pytest
from dp_accounting import get_epsilon_gaussian
from dp_accounting.pld import privacy_loss_distribution as pld
from scipy import integrate, stats

from analysis.methods.curves.delta_curves import (
    connect_the_dots,
    distribution_masses,
    gaussian_delta,
    histogram_masses,
    laplace_delta,
    optimistic_losses,
    pessimistic_losses,
    true_positive_rates,
)
from analysis.methods.noise.distributions import GeneralisedNormal, Laplace, Normal, StudentT, Uniform
from analysis.methods.noise.sketch import sketch_errors

EPSILONS = np.array([0.0, 0.1, 0.3, 0.6, 1.0, 2.0])
SHIFT = 0.7
DISTRIBUTIONS = {
    "laplace": (Laplace(0.0, 1.0), lambda epsilon: laplace_delta(epsilon, SHIFT, 1.0)),
    "normal": (Normal(0.0, 1.0), lambda epsilon: gaussian_delta(epsilon, SHIFT)),
    "uniform": (Uniform(-1.0, 2.0), lambda _: SHIFT / 2),
}


@pytest.mark.parametrize("family", DISTRIBUTIONS)
@pytest.mark.parametrize("bins", [128, 256])
def test_curves_of_the_distributions_equal_the_closed_forms(family, bins):
    distribution, exact = DISTRIBUTIONS[family]
    masses = distribution_masses(distribution, SHIFT, bins)
    expected = [exact(epsilon) for epsilon in EPSILONS]
    pessimistic = pessimistic_losses(masses).get_delta_for_epsilon(EPSILONS)
    optimistic = optimistic_losses(masses).get_delta_for_epsilon(EPSILONS)
    dots = connect_the_dots(masses).get_delta_for_epsilon(EPSILONS)
    for found in (pessimistic, optimistic, dots):
        assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("family", DISTRIBUTIONS)
def test_the_delta_that_the_masses_add_up_to_lies_between_optimistic_and_pessimistic(family):
    masses = distribution_masses(DISTRIBUTIONS[family][0], SHIFT, 128)
    pairs = (masses, masses[::-1])
    for epsilon in EPSILONS:
        exact = max(np.maximum(there - np.exp(epsilon) * gone, 0).sum() for there, gone in pairs)
        assert optimistic_losses(masses).get_delta_for_epsilon(epsilon) <= exact + 1e-12
        assert pessimistic_losses(masses).get_delta_for_epsilon(epsilon) >= exact - 1e-12


@pytest.mark.parametrize(("freedom", "scale"), [(1.2, 0.1), (2.0, 0.2), (3.0, 0.5)])
def test_heavy_tails_leave_the_middle_in_bins_of_its_own(freedom, scale):
    """Quantiles of one in 1e9 are thousands of scales away; the total variation is that of the middle."""
    masses = distribution_masses(StudentT(3.0, scale, freedom), SHIFT, 128)
    total_variation = 2 * stats.t.cdf(SHIFT / 2 / scale, freedom) - 1
    assert connect_the_dots(masses).get_delta_for_epsilon(0.0) == pytest.approx(total_variation, abs=1e-3)


@pytest.mark.parametrize(("scale", "freedom"), [(1e-3, 0.2), (0.1, 0.6), (0.5, 1.0), (0.5, 2.0)])
def test_tails_that_are_cut_leave_the_curve_that_quadrature_gives(scale, freedom):
    """Quantiles lie up to 1e45 scales apart, and what lies beyond the bins joins their ends."""
    distribution = StudentT(0.0, scale, freedom)
    curve = connect_the_dots(distribution_masses(distribution, SHIFT, 128))
    side = np.geomspace(1e-9, 1e12, 400_000)
    errors = np.concatenate([-side[::-1], side]) + SHIFT / 2
    there, moved = distribution.density(errors), distribution.density(errors - SHIFT)
    for epsilon in (0.0, 1.0, 2.0, 4.0):
        delta = np.trapezoid(np.maximum(there - np.exp(epsilon) * moved, 0), errors)
        assert curve.get_delta_for_epsilon(epsilon) == pytest.approx(delta, abs=4e-4)


@pytest.mark.parametrize("family", DISTRIBUTIONS)
def test_the_histogram_of_a_sample_gives_the_curve_of_its_distribution(rng, family):
    """A million errors: a share's standard deviation is at most 0.0005, and eight of those are allowed."""
    distribution, exact = DISTRIBUTIONS[family]
    errors = distribution.draw(1_000_000, rng)
    masses = histogram_masses(sketch_errors(np.zeros_like(errors), errors, 1.0), SHIFT, 16)
    # At epsilon 0 alone, where no ratio is taken, sampling noise does not favour large deltas.
    found = pessimistic_losses(masses).get_delta_for_epsilon(0.0)
    assert found == pytest.approx(exact(0.0), abs=0.005)


def test_closed_forms_equal_the_integral():
    for epsilon in EPSILONS:
        laplace, _ = integrate.quad(
            lambda t, e=epsilon: max(0, stats.laplace.pdf(t - SHIFT) - np.exp(e) * stats.laplace.pdf(t)), -30, 30,
            limit=400, points=[0, SHIFT, (SHIFT + epsilon) / 2],
        )  # fmt: skip
        assert laplace_delta(epsilon, SHIFT, 1.0) == pytest.approx(laplace, abs=1e-6)
    assert gaussian_delta(get_epsilon_gaussian(1 / SHIFT, 1e-5), SHIFT) == pytest.approx(1e-5, rel=1e-3)
    assert gaussian_delta(1.0, 0.0) == 0


@pytest.mark.parametrize("distribution", [Normal(0.0, 1.0), GeneralisedNormal(0.0, 1.0, 1.5)])
def test_many_small_shifts_reach_the_gaussian_limit(distribution):
    """Central limit: ten thousand coordinates of shift mu / 100 sqrt(I)."""
    mu, coordinates = 1.0, 10_000
    shift = mu / np.sqrt(coordinates * distribution.fisher_information)
    composed = connect_the_dots(distribution_masses(distribution, shift, 16)).self_compose(coordinates)
    assert composed.get_delta_for_epsilon(1.0) == pytest.approx(gaussian_delta(1.0, mu), abs=2e-3)


def test_default_buckets_are_far_off_where_connected_dots_are_close():
    """Negative control for the choice of connect-the-dots."""
    masses = distribution_masses(Normal(0.0, 1.0), 0.01, 16)
    rounded = pessimistic_losses(masses).self_compose(10_000)
    assert rounded.get_delta_for_epsilon(1.0) > gaussian_delta(1.0, 1.0) + 0.05


def test_attack_rates_equal_the_neyman_pearson_bound_of_gaussian_noise():
    rates = np.array([1e-3, 1e-2, 1e-1])
    found = true_positive_rates(connect_the_dots(distribution_masses(Normal(0.0, 1.0), 1.0, 64)), rates)
    assert found == pytest.approx(stats.norm.sf(stats.norm.isf(rates) - 1), abs=1e-3)
    assert true_positive_rates(pld.from_laplace_mechanism(1.0), rates)[0] == pytest.approx(1e-3 * np.e, rel=1e-2)
