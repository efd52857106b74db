import numpy as np
import pytest
import torch
from scipy.stats import entropy

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


def test_entropy_needs_no_memory_for_codes_that_nothing_has():
    """At REL 1e-9 a count of every code between the least and the greatest took gigabytes."""
    values = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64).repeat(100)
    assert order0_bytes({"w": values}, {"w": 1e-12}) == pytest.approx(300 * entropy([1, 1, 1], base=2) / 8)


@pytest.mark.parametrize("compressor", ["nopred", "interp", "quantiser", "sz2", "zfp"])
def test_what_the_bound_leaves_no_room_is_kept_exactly_and_said_to_be(compressor):
    """Each of these once ended in a ZeroDivisionError."""
    state = {"a.weight": torch.randn(40, 50).bfloat16(), "b.weight": torch.full((40, 50), 0.25)}
    row = measure("state", state, compressor, 1e-4, repeats=1)
    assert (row.chosen, row.exact) == (2, 2)
    assert (row.lossy_ratio, row.peak_error, row.entropy_excess) == (None, None, None)
    assert row.ratio > 1


def test_the_ratio_of_the_lossy_part_counts_no_tensor_that_is_kept_exactly(state):
    """Bytes of a tensor without a stream once counted as compressed to nothing."""
    alone = measure("state", state, "nopred", 1e-2, repeats=1)
    beside = measure("state", state | {"b.weight": torch.full((400, 500), 0.25)}, "nopred", 1e-2, repeats=1)
    half = measure("state", state | {"b.weight": torch.randn(40, 50).bfloat16()}, "nopred", 1e-3, repeats=1)
    assert (beside.chosen, beside.exact, half.chosen, half.exact) == (2, 1, 2, 1)
    assert beside.lossy_ratio == alone.lossy_ratio
    assert half.lossy_ratio == measure("state", state, "nopred", 1e-3, repeats=1).lossy_ratio


@pytest.mark.parametrize("compressor", ["nopred", "quantiser"])
def test_one_code_for_all_has_no_entropy_to_compare_with(state, compressor):
    row = measure("state", state, compressor, 1.0, repeats=1)
    assert (row.exact, row.entropy_excess) == (0, None)
    assert row.peak_error <= 1


@pytest.mark.parametrize("scale", [1e-160, 1e160, 1e300])
def test_an_outlier_is_found_at_any_scale(state, scale):
    state["layer.weight"][0, 0] = 1e6
    ordinary = outlier_tensors(state, {"layer.weight": 1.0})
    scaled = {"layer.weight": state["layer.weight"].double() * scale}
    assert outlier_tensors(scaled, {"layer.weight": 1.0}) == pytest.approx(ordinary, rel=1e-6)
