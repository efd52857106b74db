import numpy as np
import pytest

from analysis.methods.noise.dependence import dependence
from analysis.methods.noise.detectors import (
    minus_the_data,
    mixture_below,
    mixture_density,
    outlier_dominated,
    scale_mixture,
)
from analysis.methods.noise.sketch import sketch_errors

SIZE = 50_000


@pytest.mark.parametrize(("bound", "holds"), [(0.01, False), (0.5, False), (5.0, True)])
def test_large_bins_make_the_error_minus_the_data(rng, bound, holds):
    x = rng.normal(size=SIZE)
    decoded = np.round(x / (2 * bound)) * 2 * bound
    assert minus_the_data(dependence(x, decoded, np.array(bound))).holds is holds


def test_a_mixture_of_widths_is_told_from_laplace_noise_of_one_width(rng):
    widths = rng.gamma(2, size=50)
    errors = (rng.uniform(-1, 1, (50, 2000)) * widths[:, None]).ravel()
    bounds = [(float(width), 2000) for width in widths]
    mixture = scale_mixture(sketch_errors(np.zeros_like(errors), errors, 1.0), bounds)
    assert mixture.holds
    # Kolmogorov's critical value at error rate 1e-4, plus a bin of the sketch.
    assert mixture.value < 2.23 / np.sqrt(errors.size) + 1e-3
    laplace = rng.laplace(size=errors.size)
    control = scale_mixture(sketch_errors(np.zeros_like(laplace), laplace, 1.0), [(float(np.abs(laplace).max()), 1)])
    assert not control.holds


def test_equal_widths_are_no_mixture(rng):
    errors = rng.uniform(-1, 1, SIZE)
    assert not scale_mixture(sketch_errors(np.zeros(SIZE), errors, 1.0), [(1.0, SIZE)]).holds


def test_the_mixtures_density_is_the_slope_of_its_distribution_function():
    bounds, grid = [(1.0, 3), (2.5, 1)], np.linspace(-3, 3, 60_001)
    slope = np.gradient(mixture_below(grid, bounds), grid)
    near_jump = np.isclose(np.abs(grid)[:, None], [1.0, 2.5], atol=1e-3).any(axis=1)
    assert np.allclose(slope[~near_jump], mixture_density(grid, bounds)[~near_jump])


def test_bounds_that_vanish_beside_others_are_steps_at_zero():
    """Their quotients were no numbers, and the report of the study was not written."""
    errors, bounds = np.array([-1.0, -0.0, 1.0]), [(0.5, 100), (0.0, 50), (5e-324, 50)]
    np.testing.assert_allclose(mixture_below(errors, bounds), [0, (50 + 50 + 25) / 200, 1])
    np.testing.assert_allclose(mixture_density(errors, [(0.5, 100), (0.0, 100)]), [0, 0.5, 0])


def test_one_outlier_dominates_a_relative_bound(rng):
    values = rng.normal(size=SIZE)
    assert not outlier_dominated(values).holds
    values[7] = 1000
    assert outlier_dominated(values).holds
    assert not outlier_dominated(np.ones(100)).holds
