"""Information floors against closed forms: Gaussian and two-point inputs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.methods.frontier import as_if_mu, information_floor, mutual_information


@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
def test_gaussian_values_need_the_capacity_of_a_gaussian_channel(ratio):
    """I = log2(1 + SNR) / 2 (Cover and Thomas, equation 9.16), here of a fine grid of quantiles."""
    values = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000) * ratio
    assert mutual_information(values, 1.0) == pytest.approx(np.log2(1 + ratio**2) / 2, rel=2e-3)


@pytest.mark.parametrize("distance", [0.5, 2.0, 20.0])
def test_two_values_need_what_integration_says_and_a_bit_at_most(distance):
    def density(x):
        return (stats.norm.pdf(x) + stats.norm.pdf(x - distance)) / 2

    def integrand(x):
        return -density(x) * np.log2(density(x)) if density(x) > 0 else 0.0

    entropy = sum(integrate.quad(integrand, a, b)[0] for a, b in ((-12, distance / 2), (distance / 2, distance + 12)))
    expected = entropy - stats.norm.entropy() / np.log(2)
    found = mutual_information(np.array([0.0, distance]), 1.0)
    assert found == pytest.approx(expected, abs=1e-3)
    assert found <= 1 + 1e-9


@pytest.mark.parametrize("values", [np.array([0.0, 1.0]), np.append(np.zeros(99), 1.0)])
def test_weak_values_need_the_same_on_either_side_of_where_they_pass_for_gaussian(values):
    """Half the signal-to-noise ratio, in nats; below the ratio of 1000 cells round values by up to a part in 400."""
    for times in (500, 990, 1010, 5000):
        bits = mutual_information(values, times * float(values.std()))
        assert bits == pytest.approx(1 / (2 * times**2 * np.log(2)), rel=5e-3)


def test_one_value_needs_nothing():
    assert mutual_information(np.full(10, 3.0), 0.1) == pytest.approx(0, abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), deviation=st.floats(0.05, 5))
def test_more_noise_never_needs_more_bits_and_units_do_not_matter(seed, deviation):
    values = np.random.default_rng(seed).laplace(size=200)
    bits = mutual_information(values, deviation)
    assert -1e-9 <= mutual_information(values, 2 * deviation) <= bits <= np.log2(200) + 1e-9
    assert mutual_information(1e-6 * values, 1e-6 * deviation) == pytest.approx(bits, rel=1e-3, abs=1e-6)


def test_the_floor_is_the_mean_over_coordinates():
    one, other = np.array([0.0, 9.0]), np.zeros(6)
    assert information_floor([one, other], 0.1) == pytest.approx(2 / 8, abs=1e-6)


def test_mu_of_an_error_composes_over_tensors():
    originals, errors = [np.array([3.0, 4.0])] * 2, [np.array([1.0, -1.0]), np.array([2.0, 2.0])]
    assert as_if_mu(originals, errors, updates=1) == pytest.approx(5 * np.sqrt(1 + 1 / 4))
    assert as_if_mu(originals, errors, updates=2) == pytest.approx(5 / np.sqrt(2) * np.sqrt(1 + 1 / 4))
