"""Bounds of canaries, of one score each or of two."""

import numpy as np
import pytest

from analysis.methods.lower_bounds import AnyMechanism, gaussian_family
from analysis.studies.audit.canary_bounds import CanaryScores, bound_scores
from fedsz_privacy.defences.proof import Unit


def proved(scores):
    members = np.resize([True, True, False, False], (8, 100))
    read = CanaryScores("told", [members * 1.0] * scores, members, exact=True)
    nulls = (AnyMechanism(), gaussian_family())
    return list(bound_scores([read], Unit.RECORD, nulls, None, 1e-5, np.random.default_rng))


@pytest.mark.parametrize("scores", [1, 2])
def test_an_attack_that_guesses_every_coin_right_reaches_the_ceiling(scores):
    """A second score takes some of the allowed failure, of the ceiling as of the bound."""
    for each in proved(scores):
        assert each.bound.epsilon == each.ceiling
        assert each.coins == 800


def test_two_scores_prove_no_more_than_one_that_is_right_every_time():
    assert all(two.ceiling <= one.ceiling for one, two in zip(proved(1), proved(2), strict=True))
