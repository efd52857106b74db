"""The clip norm in exact integers, whatever the floats are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedsz_privacy.defences.lattice import FINENESS, clip_to_lattice, lattice_spacing

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 1.0]
)
VECTORS = arrays(np.float64, st.integers(0, 40), elements=NUMBERS)
CLIPS = st.floats(1e-12, 1e12)


def squares(points):
    return sum(int(each) ** 2 for each in points)


@given(values=VECTORS, clip=CLIPS, noise=st.floats(0.2, 100))
def test_the_sum_of_squares_is_within_the_clip_norm_in_python_integers(values, clip, noise):
    spacing = lattice_spacing(clip, noise * clip, len(values))
    assert squares(clip_to_lattice(values, clip, spacing)) <= math.floor(clip / spacing) ** 2


@given(values=arrays(np.float64, 30, elements=st.floats(-1, 1)), scale=st.sampled_from([1e-300, 1e-3, 1.0, 1e300]))
def test_a_vector_on_the_edge_of_the_ball_stays_within(values, scale):
    norm = float(np.linalg.norm(values))
    if norm < 1e-6:
        return
    points = clip_to_lattice(values / norm * scale, scale, scale / 2**20)
    assert squares(points) <= math.floor(scale / (scale / 2**20)) ** 2


@given(values=arrays(np.float64, 20, elements=st.floats(-0.1, 0.1)))
def test_within_the_ball_each_number_is_truncated_toward_zero(values):
    points = clip_to_lattice(values, 1.0, 2.0**-12)
    assert (points == np.trunc(values * 2**12)).all()


def test_a_long_vector_keeps_its_direction_and_nearly_all_of_the_clip_norm():
    values = np.random.default_rng(0).standard_t(2, size=100_000) * 1e30
    spacing = lattice_spacing(0.5, 0.5, len(values))
    points = clip_to_lattice(values, 0.5, spacing) * spacing
    assert 0.5 * (1 - 2 / FINENESS) < np.linalg.norm(points) <= 0.5
    assert points @ values / np.linalg.norm(points) / np.linalg.norm(values) > 0.9999


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_vector_that_is_not_finite_counts_as_zero(wrong):
    assert not clip_to_lattice(np.array([1.0, wrong, 0.5]), 1.0, 2.0**-10).any()


def test_what_floats_left_too_long_is_scaled_down_again(monkeypatch):
    """A square root that is a hundred-thousandth too small stands for floats that err."""
    root = math.sqrt
    monkeypatch.setattr("math.sqrt", lambda number: (1 - 1e-5) * root(number))
    values = np.random.default_rng(0).normal(size=1000)
    assert squares(clip_to_lattice(values, 1.0, 2.0**-20)) <= 2**40


@given(clip=CLIPS, noise=st.floats(0.2, 1e6), count=st.integers(0, 2**40))
def test_the_lattice_is_fine_and_its_numbers_fit_into_64_bits(clip, noise, count):
    spacing = lattice_spacing(clip, noise * clip, count)
    assert math.frexp(spacing)[0] == 0.5
    assert spacing * FINENESS <= min(noise * clip, clip / math.sqrt(max(count, 1)))
    assert clip / spacing <= 2**31
    assert noise * clip / spacing < 2**50
