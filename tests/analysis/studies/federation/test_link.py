import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.studies.federation.link import Transfer, break_even

PLAIN = Transfer(100e6, 0.0)


def test_seconds_are_compute_and_bits_over_bandwidth():
    assert Transfer(1e6, 0.5).seconds(8) == pytest.approx(1.5)


@settings(derandomize=True)
@given(st.floats(1e3, 99e6), st.floats(1e-3, 1e3))
def test_both_ways_take_equally_long_at_break_even(nbytes, seconds):
    compressed = Transfer(nbytes, seconds)
    bandwidth = break_even(PLAIN, compressed)
    assert compressed.seconds(bandwidth) == pytest.approx(PLAIN.seconds(bandwidth))
    assert compressed.seconds(bandwidth / 2) < PLAIN.seconds(bandwidth / 2)


def test_compressing_that_costs_nothing_always_pays_and_one_that_saves_nothing_never_does():
    assert break_even(PLAIN, Transfer(50e6, 0.0)) == math.inf
    assert break_even(PLAIN, Transfer(200e6, 1.0)) == 0
    assert break_even(PLAIN, PLAIN) == 0
