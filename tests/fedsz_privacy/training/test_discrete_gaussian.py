"""The moments of the discrete Gaussian by sums over the lattice itself, in both directions, against the formulas."""

import math

import dp_accounting
import numpy as np
import pytest
from scipy.special import logsumexp

from fedsz_privacy.training.accounting import calibrate, epsilon
from fedsz_privacy.training.discrete_gaussian import renyi, sampled_renyi
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

INTEGERS = np.array([2.0, 3.0, 5.0, 9.0])


def log_pmf(shift, sigma, reach):
    x = np.arange(-reach, reach + 1)
    weights = -((x - shift) ** 2) / (2 * sigma**2)
    return weights - logsumexp(weights)


def divergence(one, other, order):
    """Return the Renyi divergence of two distributions on the same points, given by logarithms."""
    return logsumexp(order * one + (1 - order) * other) / (order - 1)


def pair(q, sigma, shift):
    none, there = log_pmf(0, sigma, 400), log_pmf(shift, sigma, 400)
    return np.logaddexp(math.log1p(-q) + none, math.log(q) + there) if q < 1 else there, none


@pytest.mark.parametrize(("sigma", "shift"), [(0.3, 1), (0.7, 2), (3.0, 2), (10.0, 7)])
def test_at_integer_orders_the_divergence_is_the_continuous_one(sigma, shift):
    there, none = pair(1, sigma, shift)
    sums = [divergence(there, none, order) for order in INTEGERS]
    assert renyi(sigma / shift, INTEGERS) == pytest.approx(sums, rel=1e-9)


def test_between_integers_it_is_less_where_the_lattice_is_coarse():
    there, none = pair(1, 0.3, 1)
    assert divergence(there, none, 1.5) < 0.9 * renyi(0.3, np.array([1.5]))[0]


@pytest.mark.parametrize("q", [0.01, 0.3])
@pytest.mark.parametrize(("sigma", "shift"), [(0.5, 1), (3.0, 2), (10.0, 7)])
def test_so_it_is_under_sampling_and_the_other_direction_is_not_larger(q, sigma, shift):
    mixture, none = pair(q, sigma, shift)
    found = sampled_renyi(q, sigma / shift, INTEGERS)
    assert found == pytest.approx([divergence(mixture, none, order) for order in INTEGERS], rel=1e-6)
    others = np.array([divergence(none, mixture, order) for order in INTEGERS])
    assert (others <= found * (1 + 1e-9)).all()


def test_under_sampling_a_coarse_lattice_leaves_the_continuous_value_between_integers():
    """Why orders that are no integers are left out: there nothing is proved by the sum over the lattice."""
    assert np.isinf(sampled_renyi(0.3, 0.5, np.array([1.5]))).all()


@pytest.mark.parametrize("shift", [(3, 0), (2, 2), (1, -2)])
def test_in_two_dimensions_the_norm_alone_counts(shift):
    sigma, reach = 2.0, 60
    grids = [np.add.outer(*(log_pmf(each, sigma, reach) for each in ends)) for ends in (shift, (0, 0))]
    sums = [divergence(grids[0].ravel(), grids[1].ravel(), order) for order in INTEGERS]
    assert renyi(sigma / math.hypot(*shift), INTEGERS) == pytest.approx(sums, rel=1e-9)


def steps(noise_multiplier):
    step = dp_accounting.PoissonSampledDpEvent(0.1, DiscreteGaussianDpEvent(noise_multiplier))
    return dp_accounting.SelfComposedDpEvent(step, 50)


def test_sampled_epsilon_is_what_dp_accounting_says_of_continuous_noise_at_integer_orders():
    renyi_accountant = dp_accounting.rdp.RdpAccountant([*range(2, 64), 128, 256, 512, 1024])
    step = dp_accounting.PoissonSampledDpEvent(0.1, dp_accounting.GaussianDpEvent(1.1))
    exact = renyi_accountant.compose(step, 50).get_epsilon(1e-5)
    assert epsilon(steps(1.1), 1e-5) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("eps", [0.3, 8.0])
@pytest.mark.parametrize("event", [DiscreteGaussianDpEvent, steps])
def test_calibration_reaches_epsilon_and_not_much_less(event, eps):
    assert 0.98 * eps < epsilon(event(calibrate(event, eps, 1e-5)), 1e-5) <= eps


@pytest.mark.parametrize("noise_multiplier", [0.6, 1.0, 4.0])
def test_epsilon_is_a_little_above_the_curve_of_one_dimension(noise_multiplier):
    """Against the delta curve of the discrete Gaussian in one dimension, summed, at a shift of 40 lattice points."""
    there, none = (log_pmf(shift, 40 * noise_multiplier, 4000) for shift in (40, 0))
    bound = epsilon(DiscreteGaussianDpEvent(noise_multiplier), 1e-5)
    assert np.maximum(np.exp(there) - np.exp(bound + none), 0).sum() < 1e-5
    assert np.maximum(np.exp(there) - np.exp(0.85 * bound + none), 0).sum() > 1e-5


def test_composition_with_continuous_noise_adds_up():
    both = dp_accounting.ComposedDpEvent([DiscreteGaussianDpEvent(2.0), dp_accounting.GaussianDpEvent(2.0)])
    assert epsilon(both, 1e-5) == pytest.approx(epsilon(DiscreteGaussianDpEvent(math.sqrt(2)), 1e-5), rel=1e-9)


def test_no_noise_guarantees_nothing():
    assert epsilon(DiscreteGaussianDpEvent(0.0), 1e-5) == math.inf
