import numpy as np
import pytest
from scipy.stats import norm, t

from analysis.methods.leakage.resampling import (
    BY_CANDIDATE,
    BY_SCORE,
    BY_TRIAL,
    RESAMPLES,
    SAMPLE,
    candidates_drawn,
    resample_weights,
)


def test_each_set_draws_one_factor(rng):
    weights = resample_weights(6, 9, rng)
    assert weights.shape == (1 + 2.5 * RESAMPLES, 6, 9)
    assert (weights[SAMPLE] == 1).all()
    assert (weights[BY_TRIAL] == weights[BY_TRIAL, :, :1]).all()
    assert (weights[BY_CANDIDATE] == weights[BY_CANDIDATE, :1]).all()
    assert any(np.linalg.matrix_rank(each) > 1 for each in weights[BY_SCORE])


def test_even_trials_stand_for_even_ones_alone(rng):
    weights = resample_weights(11, 5, rng)[BY_TRIAL, :, 0]
    for parity in (0, 1):
        drawn = weights[:, parity::2].sum(axis=1)
        assert (drawn == drawn[0]).all()


@pytest.mark.parametrize("levels", [8, 30, 200])
def test_a_mean_varies_as_students_interval_asks(levels):
    """The deviation of weighted means over 40 draws of weights, times z, is the half-width of Student's interval.

    The ratio of the two has a standard error of about 1 / sqrt(2 * 8,000); rounding of the number drawn adds 8% for
    the fewest levels.
    """
    rng = np.random.default_rng(0)
    values, found = rng.normal(size=levels), []
    for _ in range(40):
        weights = resample_weights(2, levels, rng)[BY_CANDIDATE, 0].astype(float)
        found.append(weights @ values / weights.sum(axis=1))
    expected = t.ppf(0.975, levels - 1) * values.std(ddof=1) / levels**0.5
    assert norm.ppf(0.975) * np.std(found) == pytest.approx(expected, rel=0.1 if levels == 8 else 0.04)


def test_how_often_candidates_were_drawn_is_told_whatever_trials_were(rng):
    weights = resample_weights(7, 9, rng)
    drawn = candidates_drawn(weights)
    assert (drawn[BY_TRIAL] == 1).all()
    assert (drawn[BY_SCORE] == 1).all()
    assert (drawn[BY_CANDIDATE] == weights[BY_CANDIDATE, 3]).all()
