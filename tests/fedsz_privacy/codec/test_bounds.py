import numpy as np
import pytest

from fedsz_privacy import ErrorBound, InputError


def test_rel_is_a_fraction_of_the_range():
    assert ErrorBound.rel(0.1).absolute(np.array([-3.0, 1.0])) == pytest.approx(0.4)


def test_rel_ignores_values_that_are_not_finite():
    assert ErrorBound.rel(0.1).absolute(np.array([np.nan, -np.inf, 0.0, 2.0])) == pytest.approx(0.2)


def test_abs_is_itself_whatever_the_array():
    assert ErrorBound.abs(0.3).absolute(np.array([5.0])) == 0.3


def test_rel_of_the_widest_range_does_not_overflow():
    limit = np.finfo(np.float64).max
    assert np.isfinite(ErrorBound.rel(0.1).absolute(np.array([-limit, limit])))


@pytest.mark.parametrize("array", [np.zeros(0), np.full(3, np.nan), np.full(4, 7.0)])
def test_rel_leaves_no_room_where_there_is_no_range(array):
    assert ErrorBound.rel(0.1).absolute(array) == 0


@pytest.mark.parametrize("value", [0, -1e-3, np.nan, np.inf])
def test_a_bound_must_be_positive_and_finite(value):
    with pytest.raises(InputError, match="choose a positive number"):
        ErrorBound.rel(value)


def test_a_relative_bound_is_at_most_the_whole_range():
    assert ErrorBound.rel(1).value == 1
    with pytest.raises(InputError, match=r"error bound rel=1.01: choose a positive number from 2.23e-308 to 1"):
        ErrorBound.rel(1.01)


def test_an_unknown_mode_names_the_known_ones():
    with pytest.raises(InputError, match="choose abs or rel"):
        ErrorBound("psnr", 1.0)
