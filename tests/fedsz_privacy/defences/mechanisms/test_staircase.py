"""The staircase: what it guarantees of one coordinate, and what it refuses."""

import numpy as np
import pytest
import torch
from scipy import stats

from fedsz_privacy import InputError, parse_release
from fedsz_privacy.defences.mechanisms.staircase import Staircase
from fedsz_privacy.defences.mechanisms.two_sided_geometric import TwoSidedGeometric
from fedsz_privacy.defences.proof import Composition, Unit
from fedsz_privacy.training.accounting import composed, epsilon
from fedsz_privacy.training.events import EpsilonDeltaDpEvent


class Still:
    """Noise that is always 0, to see the bits under it."""

    most = 20

    def draw(self, count, _):
        return np.zeros(count, np.int64)


def test_given_the_dither_a_value_decides_one_bit():
    """So however a value is rounded, codes of any two differ by 1 at most."""
    shared = np.array([[2.0**-53, 0.25, 0.5, 0.75, 1 - 2.0**-53]])
    for value in (-np.inf, -1e300, -1.0, -0.3, 0.0, np.nextafter(1.0, 0), 1.0, 2.0, np.inf):
        codes = Staircase(1.0, Still()).encode(np.full(5, value), shared, np.random.default_rng(0))
        assert set(codes.tolist()) <= {0, 1}


def test_codes_stay_in_the_public_range():
    noise = TwoSidedGeometric(5.0)
    shared = np.random.default_rng(0).random((1, 100_000))
    codes = Staircase(1.0, noise).encode(np.zeros(100_000), shared, np.random.default_rng(1))
    assert codes.min() >= 1 - noise.most
    assert codes.max() <= noise.most


def test_epsilon_is_of_one_coordinate_over_all_rounds():
    release = parse_release("staircase:eps=3,clip=1e-2", Composition(1e-5, rounds=4))
    assert release.event == EpsilonDeltaDpEvent(0.75)
    assert release.unit is Unit.COORDINATE
    assert "one coordinate of a client's update, replaced by any other" in release.reason
    assert epsilon(composed(release.event, 4), 1e-5) <= 3 * (1 + 1e-3)


def test_its_error_is_a_uniform_step_and_geometric_steps_more():
    """SciPy's discrete Laplace distribution is the oracle."""
    error, geometric = np.linspace(-9, 9, 1001), stats.dlaplace(0.7)
    whole = np.floor(error / 2 + 0.5)
    expected = geometric.cdf(whole - 1) + geometric.pmf(whole) * (error / 2 + 0.5 - whole)
    assert Staircase(1.0, TwoSidedGeometric(0.7)).error_cdf(error) == pytest.approx(expected, abs=1e-12)


def test_coordinates_are_clamped_one_by_one():
    update = {"weight": torch.tensor([1e9, -1e9, 0.005]).double()}
    rng = np.random.default_rng(2)
    release = parse_release("staircase:eps=8,clip=0.01")
    mean = np.mean([release.apply(update, rng).update["weight"].numpy() for _ in range(1000)], axis=0)
    assert mean == pytest.approx([0.01, -0.01, 0.005], abs=4 * release.sigma / 1000**0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("staircase", "staircase takes other options than none"),
        ("staircase:eps=1", "missing a required argument: 'clip'"),
        ("staircase:eps=0,clip=1", "eps of one round 0.0: choose a positive number"),
        ("staircase:eps=100,clip=1", "eps of one round 100.0: choose a positive number from 1e-4 to 40"),
        ("staircase:eps=1,clip=0", "clip 0.0: choose a positive number"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        parse_release(text)
    assert "\n" not in str(caught.value)


def test_its_name_reads_as_the_same_release():
    assert parse_release("staircase:eps=4,clip=1e-3").name == "staircase:eps=4,clip=1e-3"
