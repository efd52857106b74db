import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis import fit_noise
from analysis.noise import FAMILIES, explained_share
from fedsz_privacy import InputError

SIZE = 100_000


@pytest.mark.parametrize("family", FAMILIES)
def test_the_family_that_made_the_errors_fits_best(rng, family):
    errors = FAMILIES[family].rvs(-1, 2, size=SIZE, random_state=rng)
    x = rng.normal(size=SIZE)
    fit = fit_noise(x, x + errors)
    assert fit.best.family == family
    assert (fit.best.location, fit.best.scale) == pytest.approx((-1, 2), abs=0.05)
    # Kolmogorov's critical value at error rate 1e-4; fitting only makes the distance smaller.
    assert fit.best.ks < stats.kstwobign.isf(1e-4) / np.sqrt(SIZE)
    assert abs(fit.r_squared) < 0.02


def test_distances_equal_scipys(rng):
    errors = rng.laplace(size=3000)
    for fit in fit_noise(np.zeros(3000), errors).fits:
        law = FAMILIES[fit.family](fit.location, fit.scale)
        assert fit.ks == pytest.approx(stats.kstest(errors, law.cdf).statistic)
        ideal = law.ppf((np.arange(3000) + 0.5) / 3000)
        assert fit.wasserstein == pytest.approx(stats.wasserstein_distance(errors, ideal))


def test_small_bins_give_uniform_errors_that_the_data_decides(rng):
    x = rng.normal(size=SIZE)
    fit = fit_noise(x, np.round(x, 2), bound=0.005)
    assert fit.best.family == "uniform"
    assert fit.best.ks < 0.005
    assert fit.r_squared > 0.95


def test_dither_makes_the_same_errors_independent(rng):
    """Negative control: subtractive dither leaves the law and takes the dependence away (Schuchman, 1964)."""
    x, dither = rng.normal(size=SIZE), rng.uniform(-0.005, 0.005, SIZE)
    fit = fit_noise(x, np.round(x + dither, 2) - dither, bound=0.005)
    assert fit.best.family == "uniform"
    assert abs(fit.r_squared) < 0.02


def test_pooled_scales_look_laplacian_although_every_part_is_uniform(rng):
    """Laplace noise is a mixture of uniforms whose half-width is Gamma(2)."""
    widths = rng.gamma(2, size=400).repeat(500)
    x = rng.normal(size=widths.size) * 1000
    decoded = x + rng.uniform(-widths, widths)
    assert fit_noise(x, decoded).best.family == "laplace"
    assert fit_noise(x, decoded, widths).best.family == "uniform"


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.floats(1e-3, 1e3), st.floats(-10, 10))
def test_explained_share_ignores_the_errors_scale_and_shift(scale, shift):
    rng = np.random.default_rng(0)
    x, error = rng.normal(size=500), rng.normal(size=500)
    assert explained_share(x, scale * error + shift) == pytest.approx(explained_share(x, error), abs=1e-6)


def test_explained_share_is_the_share_of_the_variance(rng):
    x = rng.uniform(size=SIZE)
    error = np.sin(20 * x) + rng.normal(size=SIZE) * np.sin(20 * x).std()
    assert explained_share(x, error) == pytest.approx(0.5, abs=0.02)
    assert explained_share(x, np.zeros(SIZE)) == 0


def test_the_description_is_plain_values():
    described = fit_noise(np.arange(5.0), np.arange(5.0) + 0.1 * np.arange(5)).to_dict()
    assert described["elements"] == 5
    assert {fit["family"] for fit in described["fits"]} == set(FAMILIES)


@pytest.mark.parametrize(
    ("decoded", "bound", "message"),
    [
        ([1.0], 1, "1 decoded values"),
        ([1.0, 2.0], 0, "bound 0: choose a positive number"),
        ([1.0, 2.0], [1, -1], "bound -1"),
    ],
)
def test_input_that_cannot_be_fitted_is_named(decoded, bound, message):
    with pytest.raises(InputError, match=message):
        fit_noise([1.0, 2.0], decoded, bound)
