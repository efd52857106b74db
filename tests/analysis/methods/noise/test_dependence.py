import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.methods.noise.dependence import (
    chatterjee,
    correlation,
    dependence,
    explained_share,
    explained_with_neighbours,
)

SIZE = 100_000


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


def test_a_quantisers_error_hangs_on_the_value_though_it_is_not_correlated_with_it(rng):
    x = rng.normal(size=SIZE)
    found = dependence(x, np.round(x, 1), np.array(0.05))
    assert found.explained > 0.99
    assert found.chatterjee > 0.95
    assert abs(found.correlation) < 0.02
    assert abs(found.autocorrelation) < 0.02


def test_dither_leaves_nothing_to_find(rng):
    """Negative control; the standard error of each figure is about 1 / sqrt(SIZE), 0.003."""
    x, dither = rng.normal(size=SIZE), rng.uniform(-0.05, 0.05, SIZE)
    found = dependence(x, np.round(x + dither, 1) - dither, np.array(0.05))
    assert max(map(abs, vars(found).values())) < 0.02


def test_a_predictor_hides_from_the_value_alone_and_not_from_its_neighbours(rng):
    """Each value is quantised relative to the decoded value before it plus an irrational drift."""
    x = np.cumsum(rng.normal(size=20_000))
    decoded = np.empty_like(x)
    last = 0.0
    for i, value in enumerate(x):
        last = decoded[i] = last + np.pi / 10 + round((value - last - np.pi / 10) / 0.5) * 0.5
    assert explained_share(x, decoded - x) < 0.2
    assert explained_with_neighbours(x, decoded - x) > 0.95


def test_a_constant_error_has_no_dependence():
    x = np.arange(200.0)
    assert chatterjee(x, np.ones(200)) == correlation(x, np.ones(200)) == 0
