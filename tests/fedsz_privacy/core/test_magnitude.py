"""Norms and deviations against exact rational arithmetic and the plain formulas, at every size that floats have."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedsz_privacy.core.magnitude import (
    deviation,
    magnitude,
    magnitude_of,
    magnitudes,
    norm,
    range_over_deviation,
    root_of_squares,
)

SMALL = arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e3, 1e3).filter(lambda x: x == 0 or abs(x) > 1e-3))
EXPONENTS = st.sampled_from([-1000, -600, -150, 0, 150, 600, 1000])


def exact_norm(values):
    """Return the square root, in rationals, of a sum of squares that no float holds."""
    total = sum(Fraction(float(value)) ** 2 for value in values)
    shift = 2 * (max(total.denominator.bit_length() - total.numerator.bit_length(), 0) // 2 + 100)
    return Fraction(math.isqrt(int(total * 2**shift))) / 2 ** (shift // 2)


@settings(derandomize=True)
@given(values=SMALL, exponent=EXPONENTS)
@pytest.mark.parametrize("of", [norm, root_of_squares])
def test_norms_are_those_of_exact_arithmetic(of, values, exponent):
    scaled = np.ldexp(values, exponent)
    assert float(Fraction(of(scaled)) / (exact_norm(scaled) or 1)) == pytest.approx(1 if values.any() else 0, rel=1e-14)


@settings(derandomize=True)
@given(values=SMALL)
def test_ordinary_norms_keep_their_digits(values):
    assert norm(values) == np.linalg.norm(values)
    assert root_of_squares(values) == np.sqrt((values**2).sum())
    assert deviation(values) == values.std()


@settings(derandomize=True)
@given(values=SMALL, exponent=EXPONENTS)
def test_spread_has_no_scale(values, exponent):
    assert range_over_deviation(np.ldexp(values, exponent)) == range_over_deviation(values)


def test_spread_of_32_bits_from_end_to_end_is_finite():
    ends = np.array([-3e38, 3e38], np.float32)
    assert range_over_deviation(ends) == pytest.approx(2)
    assert range_over_deviation(np.zeros(0)) == range_over_deviation(np.full(5, 7.0)) == 0


def test_a_magnitude_looks_at_finite_values_only():
    assert magnitude(np.array([np.nan, np.inf, -3.0])) == 4
    assert magnitude(np.array([np.nan])) == magnitude(np.zeros(3)) == magnitude(np.zeros(0)) == 1
    assert magnitude_of([torch.tensor([0.0]), torch.tensor([5.0], dtype=torch.float16)]) == 8


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_row_has_its_own_magnitude(dtype):
    info = torch.finfo(dtype)
    rows = torch.tensor([[info.max, 1.0], [0.0, 0.0], [info.smallest_normal, 0.0], [3.0, -6.0]], dtype=dtype)
    units = magnitudes(rows)
    assert units.isfinite().all()
    assert (rows / units).abs().amax(1)[[0, 2, 3]].ge(0.25).all()
    assert units[3] == 8
