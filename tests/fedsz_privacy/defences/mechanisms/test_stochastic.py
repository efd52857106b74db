import numpy as np
import pytest
import torch
from hard_inputs import hard_inputs
from rivals import decoded
from scipy import stats

from analysis.methods.noise.exactness import LEAST, check_exactness
from fedsz_privacy.defences.parsing import parse_release

BOUND = 0.125
"""A power of two, so that numbers and grid points are exact."""


def _uniform(x, sent, rng):
    """Return the error of each number after its own two-point distribution: uniform if that is its distribution."""
    share = x / (2 * BOUND) - np.floor(x / (2 * BOUND))
    up, spread = sent > x, rng.random(x.size)
    return np.where(up, 1 - share + share * spread, (1 - share) * spread)


@pytest.mark.parametrize("kind", ["constant", "on the grid", "two points", "heavy tail", "one huge"])
def test_the_error_is_exactly_the_two_point_one(kind, rng):
    """Fixed seed; an exact sampler is refused with probability 1e-3, Bonferroni over the checks included."""
    x = hard_inputs(2 * LEAST, 2 * BOUND, rng)[kind]
    sent = decoded(f"stochastic:abs={BOUND}", x, 11)
    assert check_exactness(x, _uniform(x, sent, rng), stats.uniform.cdf).p_value > 1e-3


def test_rounding_to_the_nearest_point_fails_the_same_check(rng):
    x = hard_inputs(2 * LEAST, 2 * BOUND, rng)["heavy tail"]
    nearest = 2 * BOUND * np.rint(x / (2 * BOUND))
    assert check_exactness(x, _uniform(x, nearest, rng), stats.uniform.cdf).p_value < 1e-9


@pytest.mark.parametrize("bound", ["abs=1e-3", "rel=1e-2"])
def test_the_error_is_within_a_step_and_the_bound_says_so(bound, rng):
    values = torch.from_numpy(rng.standard_normal(1000)).float()
    released = parse_release(f"stochastic:{bound}").apply({"w": values}, rng)
    step = released.bounds["w"]
    fedsz = float(values.max() - values.min()) * 2e-2
    assert step == pytest.approx(2e-3 if "abs" in bound else fedsz, rel=1e-6)
    assert (released.update["w"] - values).abs().max() <= step * (1 + 1e-6)
    assert (released.update["w"] - values).abs().max() > step / 2


def test_a_constant_tensor_is_exact_under_a_relative_bound():
    assert decoded("stochastic:rel=1e-2", np.full(9, 0.3, np.float32)).tolist() == [np.float32(0.3)] * 9


def test_numbers_too_far_for_the_grid_are_kept():
    assert decoded("stochastic:abs=1e-3", np.array([1e30, 0.0, -1e300])).tolist() == [1e30, 0.0, -1e300]
