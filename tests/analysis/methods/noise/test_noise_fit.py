import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from analysis import fit_noise
from analysis.methods.noise.distributions import FAMILIES, Distribution
from fedsz_privacy import InputError

SIZE = 100_000


@pytest.mark.parametrize("family", ["uniform", "laplace", "normal"])
def test_the_family_that_made_the_errors_fits_best(rng, family):
    errors = Distribution(family, -1.0, 2.0).draw(SIZE, rng)
    x = rng.normal(size=SIZE)
    fit = fit_noise(x, x + errors)
    assert fit.best.family == family
    assert (fit.best.location, fit.best.scale) == pytest.approx((-1, 2), abs=0.05)
    # Kolmogorov's critical value at error rate 1e-4; fitting only makes the distance smaller.
    assert fit.best.ks < stats.kstwobign.isf(1e-4) / np.sqrt(SIZE)
    assert abs(fit.r_squared) < 0.02


def test_small_bins_give_uniform_errors_that_the_data_decides(rng):
    x = rng.normal(size=SIZE)
    fit = fit_noise(x, np.round(x, 2), bound=0.005)
    assert fit.best.family == "uniform"
    assert fit.best.ks < 0.005
    assert fit.r_squared > 0.95


def test_dither_makes_the_same_errors_independent(rng):
    """Negative control: subtractive dither leaves the distribution and takes the dependence away (Schuchman, 1964)."""
    x, dither = rng.normal(size=SIZE), rng.uniform(-0.005, 0.005, SIZE)
    fit = fit_noise(x, np.round(x + dither, 2) - dither, bound=0.005)
    assert fit.best.family == "uniform"
    assert abs(fit.r_squared) < 0.02


def test_pooled_scales_look_laplacian_although_every_part_is_uniform(rng):
    """Laplace noise is a mixture of uniforms whose half-width is Gamma(2)."""
    widths = rng.gamma(2, size=2000).repeat(100)
    x = rng.normal(size=widths.size) * 1000
    decoded = x + rng.uniform(-widths, widths)
    pooled = fit_noise(x, decoded)
    assert pooled.of("generalised normal").shape == pytest.approx(1, abs=0.1)
    assert pooled.of("laplace").ks < 0.03 < pooled.of("normal").ks
    assert fit_noise(x, decoded, widths).best.family == "uniform"


def test_the_description_is_plain_values(rng):
    x = rng.normal(size=500)
    described = fit_noise(x, x + rng.laplace(size=500)).to_dict()
    assert described["elements"] == 500
    assert {fit["family"] for fit in described["fits"]} == set(FAMILIES)
    assert described["on_bound"] is None
    json.dumps(described, allow_nan=False)


def test_an_atom_of_zeros_is_named_and_a_chance_zero_is_not(rng):
    x = rng.normal(size=SIZE)
    mostly = fit_noise(x, np.where(rng.random(SIZE) < 0.4, x, x + rng.normal(size=SIZE)))
    assert mostly.best.family == "zero-inflated"
    assert mostly.best.zero == pytest.approx(mostly.share_zero)
    rarely = fit_noise(x, np.where(rng.random(SIZE) < 1e-3, x, x + rng.normal(size=SIZE)))
    assert rarely.best.family == "normal"


def test_the_distribution_of_the_known_bound_is_compared_and_not_fitted(rng):
    x = rng.normal(size=SIZE)
    fit = fit_noise(x, np.round(x, 2), bound=0.005)
    assert (fit.on_bound.location, fit.on_bound.scale) == (-1, 2)
    assert fit.on_bound.ks < 0.005


def test_a_fit_is_read_and_drawn(rng):
    x = rng.normal(size=1000)
    fit = fit_noise(x, np.round(x, 1), bound=0.05)
    assert repr(fit).startswith("NoiseFit(1,000 errors: best ")
    axis = Figure().subplots()
    fit.plot(axis)
    assert len(axis.patches) == 80
    assert sum(bar.get_height() * bar.get_width() for bar in axis.patches) == pytest.approx(1, abs=1e-2)
    assert len(axis.lines) == 5


@pytest.mark.parametrize(
    ("decoded", "bound", "message"),
    [
        ([1.0], 1, "1 decoded values"),
        ([1.0, 2.0], 0, "bound 0: choose a positive number"),
        ([1.0, 2.0], [1, -1], "bound -1"),
        ([1.0, 3.0], 1, "2 errors: give 128 or more"),
    ],
)
def test_input_that_cannot_be_fitted_is_named(decoded, bound, message):
    with pytest.raises(InputError, match=message):
        fit_noise([1.0, 2.0], decoded, bound)


def test_the_seed_moves_the_intervals_and_no_estimate(rng):
    x = rng.normal(size=2000)
    described = [fit_noise(x, x + np.sin(1e4 * x), seed=seed).to_dict() for seed in (0, 1)]
    for first, other in zip(*(each["fits"] for each in described), strict=True):
        moved = {name for name, value in first.items() if value != other[name]}
        assert "ks_high" in moved
        assert all(name.endswith(("_low", "_high")) for name in moved)
