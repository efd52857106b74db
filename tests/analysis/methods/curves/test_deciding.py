import numpy as np
import pytest

from analysis.methods.curves.deciding import Comparison, compare, decide


def through(x, bound, dither=0.0):
    step = 2 * bound
    return np.round((x + dither) / step) * step - dither


def test_under_dither_codes_differ_as_often_as_predicted(rng):
    """400,000 elements; five standard deviations of the share."""
    x, difference, bound = rng.normal(size=400_000), rng.normal(size=400_000) * 0.02, 0.1
    dither = rng.uniform(-bound, bound, x.size)
    found = decide([compare(difference, through(x, bound, dither), through(x - difference, bound, dither), bound)])
    deviation = np.sqrt(found.predicted_share / x.size)
    assert found.share_of_codes == pytest.approx(found.predicted_share, abs=5 * deviation)
    assert found.predicted_advantage == 1


def test_without_dither_a_rounded_update_hides_what_uniform_noise_would_give_away():
    """Negative control: values on the middle of a bin absorb any small difference."""
    x = np.zeros(1000)
    found = decide([compare(np.full(1000, 0.02), through(x, 0.1), through(x - 0.02, 0.1), 0.1)])
    assert (found.share_of_values, found.share_of_codes, found.advantage) == (0, 0, 0)
    assert found.predicted_advantage == pytest.approx(1 - 0.9**1000)


def test_a_difference_beyond_the_bin_is_certain_to_show():
    found = decide([compare(np.array([1.0]), np.array([1.0]), np.array([0.0]), 0.1)])
    assert found.predicted_advantage == found.advantage == found.predicted_share == 1


def test_the_prediction_is_the_product_over_coordinates_of_all_tensors():
    one = compare(np.array([0.1, 0.0]), np.zeros(2), np.zeros(2), 0.5)
    other = compare(np.array([0.3]), np.zeros(1), np.array([1e-9]), 0.5)
    found = decide([one + other, one])
    assert found.predicted_advantage == pytest.approx(np.mean([1 - 0.9 * 0.7, 1 - 0.9]))
    assert found.advantage == 0.5
    assert found.share_of_codes == 0
    assert (one + other).l1 == pytest.approx(0.4)
    assert (one + Comparison()) == one
