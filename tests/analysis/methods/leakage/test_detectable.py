from dataclasses import asdict

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import binom, norm

from analysis.methods.leakage.detectable import POWER, differences, estimates, smallest_detectable
from analysis.methods.leakage.membership import resample_weights, roc_statistics
from fedsz_privacy.core.errors import InputError

REPETITIONS = 100


def test_a_normal_estimate_at_the_smallest_detectable_difference_is_detected_with_that_power():
    assert norm.sf(norm.isf(0.025) - smallest_detectable(np.float64(0.3)) / 0.3) == pytest.approx(POWER)


def test_normal_replicates_give_their_quantiles_and_deviation(rng):
    replicates = np.concatenate([[[5.0, 7.0]], rng.normal([5, 7], [0.1, 2], size=(100_000, 2))])
    narrow, wide = differences(replicates, np.zeros_like(replicates))
    assert asdict(narrow) == pytest.approx({"value": 5, "low": 4.804, "high": 5.196, "detectable": 0.2802}, rel=0.01)
    assert wide.detectable == pytest.approx(20 * narrow.detectable, rel=0.01)


def test_equal_replicates_have_nothing_to_detect(rng):
    replicates = rng.random((30, 1))
    (difference,) = differences(replicates, replicates)
    assert asdict(difference) == {"value": 0, "low": 0, "high": 0, "detectable": 0}


def test_replicates_of_a_group_that_was_not_drawn_are_left_out():
    drawn = np.array([[0.5], [0.4], [0.6], [0.5]])
    with_missing = np.concatenate([drawn, [[np.nan]]])
    assert estimates(with_missing) == estimates(drawn)
    assert differences(with_missing, np.zeros_like(with_missing)) == differences(drawn, np.zeros_like(drawn))


def test_a_group_without_members_is_refused():
    with pytest.raises(InputError, match="members or non-members 0: choose"):
        estimates(np.array([[np.nan], [0.5]]))


def paired_difference(seed, gap, shared):
    """AUC of a release whose members lie `gap` higher, minus that of one where it is 1; both Gaussian, of variance 1.

    `shared` is the deviation of the effects that the members of a trial, and those of a candidate, have in common.
    """
    rng = np.random.default_rng(seed)
    members = rng.random((30, 40)) < 0.5
    replicates, weights = [], resample_weights(30, 40, rng)[:201]
    for shift in (1, gap):
        effects = shared * (rng.normal(size=(30, 1)) + rng.normal(size=(1, 40)))
        noise = rng.normal(size=members.shape)
        scores = np.where(members, shift + effects + np.sqrt(1 - 2 * shared**2) * noise, noise)
        replicates.append(roc_statistics(scores, members, weights, ())[:, :1])
    (difference,) = differences(replicates[1], replicates[0])
    return difference


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0, 0.5])
def test_the_smallest_detectable_difference_is_detected_four_times_in_five(shared):
    """Over 100 repetitions the intervals that exclude 0 are binomial; each bound is passed with probability 1e-3.

    At no difference at most 5% do. At the smallest detectable one 80% do where most variance is shared, which the
    bootstrap then states well, and up to 93% where none is, which it overstates threefold.
    """

    def detected(differences):
        return sum(not each.low <= 0 <= each.high for each in differences)

    none = [paired_difference(seed, 1, shared) for seed in range(REPETITIONS)]
    assert detected(none) <= binom.ppf(1 - 1e-3, REPETITIONS, 0.05)

    detectable = np.mean([each.detectable for each in none])
    gap = brentq(lambda gap: norm.cdf(1 / np.sqrt(2)) - norm.cdf(gap / np.sqrt(2)) - detectable, -3, 1)
    found = detected(paired_difference(1000 + seed, gap, shared) for seed in range(REPETITIONS))
    most = norm.cdf(np.sqrt(3) * norm.ppf(POWER))
    assert binom.ppf(1e-3, REPETITIONS, POWER) <= found <= binom.ppf(1 - 1e-3, REPETITIONS, most)
