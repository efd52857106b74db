"""Numbers as people read them: nothing rounds to a zero that it is not, and an interval stands behind its estimate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.methods.leakage.detectable import Difference, Estimate
from analysis.reporting.numbers import (
    as_lower_bound,
    as_upper_bound,
    count,
    difference,
    interval,
    rounded_up,
    signed,
    significant,
    small,
    spoken,
    times,
    whole_interval,
)

positive = st.floats(1e-300, 1e12)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.12345, 0.1, 0.15), "0.123 [0.100, 0.150]"),
        (Estimate(1.0, 0.9996, 1.0), "1.000 [1.000, 1.000]"),
    ],
)
def test_a_value_stands_before_its_interval(estimate, text):
    assert interval(estimate) == text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Difference(0.0123, -0.01, 0.03, 0.05), "+0.012 [-0.010, +0.030]"),
        (Difference(-0.00001, -0.00012, 0.0002, 0.0), "within ±0.0002"),
        (Difference(0.0, 0.0, 0.0, 0.0), "0"),
        (Difference(-0.0001, -0.002, 0.001, 0.0), "-0.0001 [-0.0020, +0.0010]"),
        (Difference(0.0001, 0.0, 0.000449, 0.0), "within ±0.0005"),
    ],
)
def test_a_difference_that_rounds_to_zero_says_how_far_it_reaches(found, text):
    assert difference(found) == text


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_number_of_a_difference_seems_to_be_zero_without_being_it(value, below, above):
    text = difference(Difference(value, value - below, value + above, 0.0))
    numbers = [value, value - below, value + above]
    if "[" in text and all(abs(number) > 1e-6 or number == 0 for number in numbers):
        shown = [float(part.strip("[],")) for part in text.split()]
        assert [number == 0 for number in shown] == [number == 0 for number in numbers]


@given(st.floats(-1, 1), st.integers(1, 6))
def test_no_number_is_minus_zero(value, digits):
    text = signed(value, digits)
    assert (float(text) == 0) == (text[0] not in "+-")
    assert float(text) == pytest.approx(value, abs=0.5001 * 10**-digits)


@given(st.floats(), st.integers(1, 6))
def test_significant_digits_are_those_of_the_number(value, digits):
    text = significant(value, digits)
    assert "e+" not in text
    assert float(text.replace(",", "").replace("∞", "inf")) == pytest.approx(
        float(f"{value:.{digits - 1}e}"), nan_ok=True
    )


@given(positive)
def test_rounding_up_gives_the_next_number_of_one_digit(value):
    found = float(rounded_up(value))
    assert value <= found * (1 + 1e-9) <= 2.0001 * value
    assert len(rounded_up(value).replace(".", "").strip("0")) == 1


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.0004, "< 0.0005"), (0.0005, "0.001"), (0.1234, "0.123")])
def test_a_small_number_that_is_not_zero_is_not_called_zero(value, text):
    assert small(value) == text


def test_counts_have_their_number_and_thousands():
    assert [count(each, "round") for each in (0, 1, 2, 12_800)] == ["0 rounds", "1 round", "2 rounds", "12,800 rounds"]
    assert [times(each) for each in (1.0, 10.24, 0.5, 12_345.6)] == ["1x", "10.2x", "0.5x", "12,300x"]


def test_a_duration_is_said_in_the_unit_that_people_would_choose():
    assert [spoken(each) for each in (0.2, 31.4, 300, 7200)] == ["1 second", "31 seconds", "5 minutes", "2.0 hours"]


def test_a_whole_number_keeps_all_its_digits():
    assert whole_interval(Estimate(340008.0, 340007.4, 1234567.5)) == "340,008 [340,007, 1,234,568]"
    assert whole_interval(Estimate(340008.0, 340008.0, 340008.0)) == "340,008"


def test_no_zero_has_a_sign():
    assert significant(-0.0) == significant(0.0) == "0"


@given(st.floats(1e-4, 9e5), st.integers(3, 5))
def test_what_is_guaranteed_is_never_written_smaller_than_it_is(value, digits):
    shown = float(as_upper_bound(value, digits).replace(",", ""))
    assert value * (1 - 1e-8) <= shown <= value * (1 + 1.01 * 10 ** (1 - digits))


@given(st.floats(0, 1e6))
def test_what_is_proved_by_attacks_is_never_written_larger_than_it_is(value):
    shown = float(as_lower_bound(value))
    assert value - 0.0101 <= shown <= value + 1e-8 + 1e-12 * value


@given(st.floats(0.01, 1e4))
def test_rounding_puts_no_lower_bound_above_what_is_guaranteed(value):
    assert float(as_lower_bound(value)) <= float(as_upper_bound(value).replace(",", "")) + 1e-8
