import dp_accounting
import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution as pld
from scipy.stats import norm

from analysis.methods.curves.deciding import compare
from analysis.methods.curves.privacy_curves import (
    Scales,
    as_if,
    fitted_scales,
    gaussian_epsilon,
    laplace_epsilon,
)
from analysis.methods.noise.noise_fit import fit_noise

DELTA = 1e-5


def test_laplace_epsilon_is_that_of_the_composed_laplace_mechanism():
    """dp-accounting composes one Laplace mechanism for each coordinate."""
    shifts, scales = np.array([0.5, 0.2]), np.array([1.0, 2.0])
    composed = pld.from_laplace_mechanism(2.0).compose(pld.from_laplace_mechanism(10.0))
    assert laplace_epsilon(shifts, scales) == pytest.approx(composed.get_epsilon_for_delta(1e-7), abs=1e-2)


@pytest.mark.parametrize("deviation", [0.5, 1.0, 5.0])
def test_gaussian_epsilon_solves_the_analytic_equation(deviation):
    shifts = np.array([0.6, 0.8])
    epsilon, mu = gaussian_epsilon(shifts, np.array([deviation, deviation]), DELTA), 1 / deviation
    delta = norm.cdf(mu / 2 - epsilon / mu) - np.exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu)
    assert delta == pytest.approx(DELTA, rel=1e-3)


def test_no_difference_costs_no_epsilon():
    assert gaussian_epsilon(np.zeros(2), np.ones(2), DELTA) == 0


def test_uniform_delta_is_the_share_of_outputs_that_only_one_neighbour_has(rng):
    """200,000 draws of noise on three coordinates; the share that leave the other's support, within 0.01."""
    shift, bound = np.array([0.1, 0.3, 0.0]), 0.5
    noise = rng.uniform(-bound, bound, (200_000, 3))
    outside = (np.abs(noise + shift) > bound).any(axis=1).mean()
    compared = {
        "a": compare(shift[:2], shift[:2], shift[:2], bound),
        "b": compare(shift[2:], shift[2:], shift[2:], bound),
    }
    assert as_if([compared], [dict.fromkeys("ab", Scales(1, 1))], DELTA).uniform_delta == pytest.approx(
        outside, abs=0.01
    )


def test_as_if_takes_the_median_pair_and_each_tensors_own_scale(rng):
    x = rng.normal(size=5000)
    fits = {name: fit_noise(x, x + rng.uniform(-1, 1, 5000)) for name in "ab"}
    bounds = {"a": 0.1, "b": 0.2}
    pairs = [
        {
            name: compare(np.array([size, 0.0][:count]), np.zeros(count), np.zeros(count), bounds[name])
            for name, count in (("a", 2), ("b", 1))
        }
        for size in (0.01, 0.02, 0.03)
    ]
    scales = {name: fitted_scales(fit, bounds[name]) for name, fit in fits.items()}
    found = as_if(pairs, [scales] * 3, DELTA)
    assert found.coordinates == 3
    assert found.l1 == pytest.approx(0.04)
    assert found.l2 == pytest.approx(0.02 * np.sqrt(2))
    # Mean absolute deviation and standard deviation of U(-1, 1), in units of each bound.
    assert found.laplace_epsilon == pytest.approx(0.02 / (0.1 * 0.5) + 0.02 / (0.2 * 0.5), rel=0.03)
    mu = np.hypot(0.02 / (0.1 / np.sqrt(3)), 0.02 / (0.2 / np.sqrt(3)))
    assert found.gaussian_epsilon == pytest.approx(dp_accounting.get_epsilon_gaussian(1 / mu, DELTA), rel=0.03)
    assert found.uniform_delta == pytest.approx(1 - (1 - 0.1) * (1 - 0.05), rel=1e-5)
