import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.methods.noise.sketch import BINS, BLOCKS, GRID, LEAST_ELEMENTS, sketch_errors
from fedsz_privacy import InputError


def of(errors):
    return sketch_errors(np.zeros_like(errors), errors, 1.0)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(LEAST_ELEMENTS, 2000), st.floats(1e-6, 1e6), st.integers(0, 99))
def test_a_sketch_counts_every_error_in_its_bin(size, scale, seed):
    errors = np.random.default_rng(seed).standard_t(2, size) * scale
    sketch = of(errors)
    assert sketch.elements == size
    assert sketch.limit == pytest.approx(np.abs(errors).max())
    expected, _ = np.histogram(errors / sketch.limit, GRID)
    # An error within rounding of an edge may lie on either side of it.
    assert np.abs(np.cumsum(expected - sketch.histogram)).max() <= 1
    assert (sketch.lowest.min(), sketch.highest.max()) == (errors.min(), errors.max())


def test_blocks_are_runs_of_consecutive_elements():
    errors = np.repeat(np.arange(1.0, BLOCKS + 1), 10)
    sketch = of(errors)
    assert sketch.highest.tolist() == list(range(1, BLOCKS + 1))
    assert (sketch.counts.sum(axis=1) == 10).all()


def test_exact_zeros_are_counted_apart_and_can_be_taken_out(rng):
    errors = np.where(rng.random(5000) < 0.3, 0, rng.normal(size=5000))
    sketch = of(errors)
    assert sketch.zeros.sum() == (errors == 0).sum()
    assert sketch.continuous().elements == (errors != 0).sum()
    assert (sketch.continuous().counts >= 0).all()


def test_sketches_on_one_grid_add_up_to_the_sketch_of_both(rng):
    a, b = rng.uniform(-1, 1, 4000), rng.uniform(-3, 3, 6000)
    both = of(a).scaled(1.0, 3.0) + of(b).scaled(1.0, 3.0)
    below = np.append(0, both.histogram.cumsum()) / both.elements
    exact = np.searchsorted(np.sort(np.append(a, b)), both.edges) / 10_000
    assert np.abs(below - exact).max() < 2e-3
    assert both.elements == pytest.approx(10_000)


def test_scaling_by_the_unit_changes_no_count(rng):
    sketch = of(rng.normal(size=1000))
    assert np.allclose(sketch.scaled(2.0, 2 * sketch.limit).counts, sketch.counts)


def test_sketches_of_different_limits_do_not_add():
    with pytest.raises(ValueError, match="bring one to the other's"):
        of(np.ones(200)) + of(np.full(200, 2.0))


def test_what_is_not_finite_is_left_out():
    original = np.zeros(300)
    decoded = np.ones(300)
    original[:3] = decoded[:3] = np.inf, -np.inf, np.nan
    assert sketch_errors(original, decoded, 1.0).elements == 297


@pytest.mark.parametrize(
    ("errors", "message"), [(np.ones(LEAST_ELEMENTS - 1), "give 128 or more"), (np.zeros(500), "every error is 0")]
)
def test_what_cannot_be_sketched_is_named(errors, message):
    with pytest.raises(InputError, match=message):
        of(errors)


def test_the_grid_resolves_scales_far_below_the_largest_error():
    assert GRID.size == BINS + 1
    assert np.diff(GRID).max() < 1e-3
    assert (np.abs(GRID) < 1e-3).sum() > 100
