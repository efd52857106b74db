from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedsz_privacy.codec.compressors.scaling import RESOLVED, BoundScale

DTYPES = [np.dtype(np.float32), np.dtype(np.float64)]


@settings(derandomize=True, deadline=None)
@given(bound=st.floats(0, 1e308, exclude_min=True), dtype=st.sampled_from(DTYPES))
def test_the_scaled_bound_is_about_one_and_never_above_the_bound(bound, dtype):
    scale = BoundScale.below(bound, dtype)
    assert Fraction(scale.bound) <= Fraction(bound)
    assert dtype.type(scale.bound) == scale.bound
    assert dtype.type(scale.unit) == scale.unit
    assert 2.0 ** -np.finfo(dtype).nmant <= scale.unit <= 4


@settings(derandomize=True, deadline=None)
@given(
    bound=st.floats(0, 1e38, exclude_min=True),
    x=st.floats(width=32),
    share=st.floats(-1, 1, width=32),
    dtype=st.sampled_from(DTYPES),
)
def test_an_error_within_the_scaled_bound_stays_within_the_bound(bound, x, share, dtype):
    scale, flat = BoundScale.below(bound, dtype), np.array([x], dtype)
    fits = scale.fits(flat)
    scaled = scale.apply(flat, fits)
    restored = scaled + (np.array([share]) * scale.unit * (1 - 2.0**-20)).astype(dtype)
    if fits.all() and scale.bound and abs(Fraction(float(restored[0])) - Fraction(float(scaled[0]))) <= scale.unit:
        assert abs(Fraction(float(scale.revert(restored)[0])) - Fraction(float(flat[0]))) <= Fraction(bound)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_only_what_the_dtype_resolves_fits(dtype):
    edge = 0.25 * RESOLVED[dtype.itemsize]
    flat = np.array([0, -edge, edge, 1.01 * edge, np.nan, np.inf, -np.inf], dtype)
    assert BoundScale.below(0.25, dtype).fits(flat).tolist() == [True, True, True, False, False, False, False]


@pytest.mark.parametrize("bound", [-1.0, np.nan, np.inf])
def test_a_bound_that_is_none_is_refused(bound):
    with pytest.raises(ValueError, match="has the error bound"):
        BoundScale(bound, DTYPES[1])
