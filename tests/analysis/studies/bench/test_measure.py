import numpy as np
import pytest
import torch

from analysis.studies.bench.measure import measure, order0_bytes, outlier_tensors


@pytest.fixture
def state(rng):
    return {
        "layer.weight": torch.from_numpy(rng.normal(size=(300, 100)).astype(np.float32)),
        "layer.bias": torch.from_numpy(rng.normal(size=300).astype(np.float32)),
    }


def test_entropy_of_evenly_used_codes_is_their_logarithm():
    values = torch.arange(16).repeat(100).double()
    assert order0_bytes({"w": values}, {"w": 0.5}) == pytest.approx(1600 * 4 / 8)


def test_entropy_of_a_constant_is_nothing():
    assert order0_bytes({"w": torch.full((50,), 3.0)}, {"w": 0.5}) == 0


def test_the_default_compressor_comes_near_the_entropy_of_gaussian_weights(state):
    row = measure("state", state, "nopred", 1e-2, repeats=2)
    assert 0 < row.entropy_excess < 0.03
    assert row.peak_error <= 1
    assert row.lossy_ratio > row.ratio > 4
    assert 0 < row.compress.low <= row.compress.median <= row.compress.high


@pytest.mark.parametrize("compressor", ["lorenzo_reg", "interp", "quantiser"])
def test_no_compressor_breaks_its_bound_or_beats_entropy_on_independent_values(state, compressor):
    row = measure("state", state, compressor, 1e-2, repeats=1)
    assert row.peak_error <= 1
    assert row.entropy_excess > 0


def test_an_outlier_that_sets_the_range_is_found(state):
    assert outlier_tensors(state, {"layer.weight": 1.0}) == {}
    state["layer.weight"][0, 0] = 1e6
    (deviations,) = outlier_tensors(state, {"layer.weight": 1.0}).values()
    assert deviations > 50
