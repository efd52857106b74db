import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.methods.noise.dependence import (
    Dependence,
    chatterjee,
    correlation,
    dependence,
    explained_share,
    explained_with_neighbours,
    mean_dependence,
    shortfall,
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
    figures = {name: value for name, value in vars(found).items() if not name.endswith("shortfall")}
    assert max(map(abs, figures.values())) < 0.02


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


@pytest.mark.parametrize("codes", [20, 100, 400])
def test_figures_of_a_quantiser_fall_short_of_one_by_the_shortfall(rng, codes):
    """At most 6 m / n = .24 here; to a fifth of it, the rest being of second order."""
    x = rng.uniform(0, codes, 10_000)
    found = dependence(x, np.floor(x) + 0.5, np.array(0.5))
    assert found.explained_shortfall == pytest.approx(6 * codes / x.size, rel=0.06)
    assert 1 - found.explained == pytest.approx(found.explained_shortfall, rel=0.2)
    assert 1 - found.chatterjee == pytest.approx(found.chatterjee_shortfall, rel=0.2)


@pytest.mark.parametrize(("share", "resolvable"), [(0.3, True), (0.3001, False)])
def test_three_tenths_are_the_edge_of_what_is_resolvable(share, resolvable):
    found = Dependence(0.5, 0.5, 0.5, 0, 0, explained_shortfall=share, chatterjee_shortfall=share)
    assert found.explained_is_resolvable is found.chatterjee_is_resolvable is resolvable
    shown = "0.50" if resolvable else "not resolvable"
    assert found.explained_as(".2f") == found.chatterjee_as(".2f") == shown
    assert found.to_dict()["chatterjee_is_resolvable"] is resolvable


def test_the_shortfall_needs_no_unit_and_is_nought_where_no_error_is(rng):
    x, error = rng.normal(size=1000), rng.normal(size=1000)
    assert shortfall(1e200 * x, 1e200 * error) == pytest.approx(shortfall(x, error))
    assert shortfall(x, np.zeros(1000)) == 0


def test_decided_errors_of_two_bounds_are_decided_together(rng):
    """In one order of x they look half independent."""
    x = rng.normal(size=(2, SIZE // 2))
    decoded = np.stack([np.round(x[0], 1), np.round(x[1] / 0.07) * 0.07])
    apart = [dependence(*each, np.array(0.05)) for each in zip(x, decoded, strict=True)]
    assert dependence(x.ravel(), decoded.ravel(), np.array(0.05)).explained < 0.8
    assert mean_dependence(apart, [1, 1]).explained > 0.98
