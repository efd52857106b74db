from fractions import Fraction

import numpy as np
import pytest
from exact import within
from hypothesis import example, given
from hypothesis import strategies as st

FLOATS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.floats(-3, 3))
STEPS = st.integers(-2, 2)


@given(x=FLOATS, y=FLOATS, steps=STEPS)
@example(x=1.0, y=2.0**-60, steps=0)
@example(x=1.0, y=-(2.0**-60), steps=0)
@example(x=np.finfo(float).max, y=-np.finfo(float).max, steps=0)
def test_what_is_within_a_bound_is_so_in_fractions(x, y, steps):
    """The bounds are those next to the rounded difference, where rounding could decide."""
    with np.errstate(over="ignore"):
        bound = min(abs(np.float64(x) - np.float64(y)), np.finfo(float).max)
        for _ in range(abs(steps)):
            bound = np.nextafter(bound, np.sign(steps) * np.finfo(float).max)
    bound = abs(float(bound))
    expected = abs(Fraction(x) - Fraction(y)) <= Fraction(bound)
    assert within(np.array([0.0, x]), np.array([0.0, y]), bound) == expected


@pytest.mark.parametrize(("y", "holds"), [(2.0**-60, True), (-(2.0**-60), False)])
def test_a_difference_that_rounds_to_the_bound_is_not_taken_for_it(y, holds):
    assert within(np.array([1.0]), np.array([y]), 1.0) == holds
