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
    scattered_weights,
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
        weights = resample_weights(4, levels, rng)[BY_CANDIDATE, 0].astype(float)
        found.append(weights @ values / weights.sum(axis=1))
    expected = t.ppf(0.975, levels - 1) * values.std(ddof=1) / levels**0.5
    assert norm.ppf(0.975) * np.std(found) == pytest.approx(expected, rel=0.1 if levels == 8 else 0.04)


def test_how_often_candidates_were_drawn_is_told_whatever_trials_were(rng):
    weights = resample_weights(7, 9, rng)
    drawn = candidates_drawn(weights)
    assert (drawn[BY_TRIAL] == 1).all()
    assert (drawn[BY_SCORE] == 1).all()
    assert (drawn[BY_CANDIDATE] == weights[BY_CANDIDATE, 3]).all()


def test_scattered_scores_are_drawn_by_run_by_record_and_alone(rng):
    trial, candidate = np.array([0, 0, 1, 2, 3, 2]), np.array([0, 1, 1, 0, 3, 2])
    weights = np.stack(list(scattered_weights(trial, candidate, rng)))
    assert weights.shape == (1 + 2.5 * RESAMPLES, 6)
    assert (weights[SAMPLE] == 1).all()
    for rows, factor in ((BY_TRIAL, trial), (BY_CANDIDATE, candidate)):
        firsts = [np.flatnonzero(factor == level)[0] for level in factor]
        assert (weights[rows] == weights[rows][:, firsts]).all()
    assert (weights[BY_SCORE, 0] != weights[BY_SCORE, 1]).any()


def test_of_one_trial_nothing_is_drawn_but_its_candidates(rng):
    weights = np.stack(list(scattered_weights(np.zeros(50, np.intp), np.arange(50), rng)))
    assert (weights[BY_TRIAL] == 1).all()
    assert (weights[BY_CANDIDATE] != 1).any()


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_few_levels_are_not_drawn_and_intervals_hold_for_these(levels):
    """A mean over so many clients would be covered in 70% of cases by draws of two, and in 88% by draws of three."""
    rng = np.random.default_rng(0)
    trial, candidate = (axis.ravel() for axis in np.indices((levels, 30)))
    full, flipped = resample_weights(levels, 30, rng), resample_weights(30, levels, rng)
    scattered = np.stack(list(scattered_weights(trial, candidate, rng)))
    for weights in (full[BY_TRIAL], flipped[BY_CANDIDATE], scattered[BY_TRIAL]):
        assert (weights == 1).all()
    for weights in (full[BY_CANDIDATE], flipped[BY_TRIAL], scattered[BY_CANDIDATE]):
        assert (weights != 1).any()


def test_where_both_factors_have_few_levels_both_are_drawn(rng):
    weights = resample_weights(3, 2, rng)
    assert (weights[BY_TRIAL] != 1).any()
    assert (weights[BY_CANDIDATE] != 1).any()


def test_a_full_array_is_drawn_as_scattered_scores_of_it_are():
    """The spread of a weighted mean, over 40 draws of weights each way, whose ratio has a standard error of 0.02."""
    rng = np.random.default_rng(0)
    values, (trial, candidate) = rng.normal(size=(12, 9)), np.indices((12, 9))
    spread = {}
    for name, draw in (
        ("full", lambda: resample_weights(12, 9, rng).reshape(-1, 108)),
        ("scattered", lambda: np.stack(list(scattered_weights(trial.ravel(), candidate.ravel(), rng)))),
    ):
        weights = np.stack([draw() for _ in range(40)]).astype(float)
        means = weights @ values.ravel() / weights.sum(axis=2)
        spread[name] = [np.std(means[:, rows]) for rows in (BY_TRIAL, BY_CANDIDATE, BY_SCORE)]
    assert spread["scattered"][1:] == pytest.approx(spread["full"][1:], rel=0.1)
