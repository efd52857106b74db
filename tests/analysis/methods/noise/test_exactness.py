"""The harness itself: exact errors pass at the stated rate, and each way of being wrong is refused.

Error rate: the test of exact errors allows 1 in 1000 for each of its samples; seeds are fixed.
"""

import numpy as np
import pytest
from hard_inputs import hard_inputs
from scipy import stats

from analysis.methods.noise.exactness import LEAST, check_exactness, pair_p_value, randomised_transform
from fedsz_privacy.codec.compressors import SZ3

COUNT = 2 * LEAST
UNIFORM = stats.uniform(-0.5, 1)


def undithered(x):
    """The error of SZ3 without prediction at steps of 1."""
    return SZ3().decode(SZ3().encode(x, 0.5), x.shape, x.dtype) - x


@pytest.mark.parametrize("noise", [UNIFORM, stats.norm(0, 2), stats.laplace(0, 3)])
@pytest.mark.parametrize("name", hard_inputs(1, 1, np.random.default_rng(0)))
def test_independent_noise_passes_whatever_the_input(name, noise):
    rng = np.random.default_rng(1)
    found = check_exactness(hard_inputs(COUNT, 1.0, rng)[name], noise.rvs(COUNT, random_state=rng), noise.cdf)
    assert found.p_value > 1e-3
    assert abs(found.explained) < 4 * found.floor


def test_p_values_of_exact_errors_are_below_a_tenth_in_about_a_tenth_of_runs_or_less():
    """Binomial: of 60 runs at most 13 are, but for a chance of 1e-3."""
    rng = np.random.default_rng(2)
    runs = [check_exactness(rng.normal(size=LEAST), rng.random(LEAST) - 0.5, UNIFORM.cdf) for _ in range(60)]
    assert sum(each.p_value < 0.1 for each in runs) <= stats.binom.ppf(1 - 1e-3, 60, 0.1)


@pytest.mark.parametrize("name", hard_inputs(1, 1, np.random.default_rng(0)))
def test_sz3_without_dither_is_refused(name):
    x = hard_inputs(COUNT, 1.0, np.random.default_rng(3))[name]
    assert check_exactness(x, undithered(x), UNIFORM.cdf).p_value < 1e-9


def test_sz3_on_values_over_many_cells_has_the_right_distribution_and_is_refused_because_x_explains_it():
    x = np.random.default_rng(4).normal(0, 50, COUNT)
    found = check_exactness(x, undithered(x), UNIFORM.cdf)
    assert found.worst.name == "explained by x"
    assert found.p_value < 1e-9
    assert found.checks[0].p_value > 1e-3
    assert found.explained > 0.5


@pytest.mark.parametrize(
    ("wrong", "seen_by"),
    [
        (lambda _, e: 0.9 * e, ""),
        (lambda x, e: np.where(x > np.quantile(x, 7 / 8), 0.5 * e, e), "quantile 7"),
        (lambda _, e: np.repeat(e[::2], 2), "neighbours"),
    ],
)
def test_each_way_of_being_wrong_is_seen_by_the_check_for_it(wrong, seen_by):
    rng = np.random.default_rng(5)
    x = rng.normal(size=COUNT)
    found = check_exactness(x, wrong(x, rng.random(COUNT) - 0.5), UNIFORM.cdf)
    assert found.p_value < 1e-6
    assert seen_by in found.worst.name


def test_an_error_that_is_used_again_is_seen_in_pairs():
    u = np.random.default_rng(6).random((2, COUNT))
    assert pair_p_value(u[0], u[1]) > 1e-3
    assert pair_p_value(u[0], u[0]) < 1e-9


def test_integers_of_a_known_distribution_become_uniform():
    rng = np.random.default_rng(7)
    noise = stats.dlaplace(0.3)
    x, k = rng.normal(size=COUNT), noise.rvs(COUNT, random_state=rng)
    assert check_exactness(x, randomised_transform(k, noise.cdf, rng), stats.uniform.cdf).p_value > 1e-3
    other = stats.dlaplace(0.33).cdf
    assert check_exactness(x, randomised_transform(k, other, rng), stats.uniform.cdf).p_value < 1e-3


def test_too_few_errors_are_refused():
    with pytest.raises(ValueError, match="too few to check"):
        check_exactness(np.zeros(10), np.zeros(10), UNIFORM.cdf)
