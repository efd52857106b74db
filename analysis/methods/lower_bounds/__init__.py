"""Empirical lower bounds on epsilon: what the scores, the errors or the guesses of an attack say of a defence.

`epsilon_lower_bound` takes scores and who was a member, and a null that says what the bound rejects; the rest are the
methods one by one.

Examples
--------
Scores of members two deviations above those of non-members, as of Gaussian noise of mu 2, whose epsilon is 10.0 at
1e-5. The threshold is chosen on a pilot sample, and the bounds are read off the rest.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> membership = rng.random(10_000) < 0.5
>>> scores = 2 * membership + rng.normal(size=10_000)
>>> def bound(counts):
...     return clopper_pearson_bound(counts, delta=1e-5, confidence=0.95).epsilon
>>> threshold = best_threshold(scores[:1000], membership[:1000], np.linspace(0, 5, 51), bound)
>>> counts = count_errors(scores[1000:], membership[1000:], threshold)

For any mechanism; for one whose trade-off curve is Gaussian; and a credible interval, which is no confidence bound:

>>> round(bound(counts), 2), round(gaussian_bound(counts, 1e-5, 0.95).epsilon, 2)
(3.31, 9.62)
>>> round(bayesian_bounds(counts, 1e-5, 0.95).low, 2), round(one_direction_bounds(counts, 1e-5, 0.95).low, 2)
(3.39, 3.39)

From one run, the 500 likeliest members and the 500 likeliest non-members guessed, under the same two assumptions:

>>> guesses = count_guesses(scores, membership, 500, 500, rng)
>>> [round(each([guesses], 1e-5, 0.95).epsilon, 2) for each in (one_run_bound, one_run_gaussian_bound)]
[4.18, 6.19]
"""

from analysis.methods.lower_bounds.bayesian import CredibleBounds, bayesian_bounds, one_direction_bounds
from analysis.methods.lower_bounds.bounds import EpsilonBound, MuBound
from analysis.methods.lower_bounds.clopper_pearson import clopper_pearson_bound
from analysis.methods.lower_bounds.counts import ErrorCounts, best_threshold, count_errors
from analysis.methods.lower_bounds.gaussian import gaussian_bound
from analysis.methods.lower_bounds.guesses import Guesses, count_guesses
from analysis.methods.lower_bounds.nulls import (
    AnyMechanism,
    NoiseFamily,
    Null,
    ceiling,
    dpsgd_family,
    epsilon_lower_bound,
    gaussian_family,
)
from analysis.methods.lower_bounds.one_run import one_run_bound, one_run_p_value
from analysis.methods.lower_bounds.one_run_gaussian import one_run_gaussian_bound

__all__ = [
    "AnyMechanism",
    "CredibleBounds",
    "EpsilonBound",
    "ErrorCounts",
    "Guesses",
    "MuBound",
    "NoiseFamily",
    "Null",
    "bayesian_bounds",
    "best_threshold",
    "ceiling",
    "clopper_pearson_bound",
    "count_errors",
    "count_guesses",
    "dpsgd_family",
    "epsilon_lower_bound",
    "gaussian_bound",
    "gaussian_family",
    "one_direction_bounds",
    "one_run_bound",
    "one_run_gaussian_bound",
    "one_run_p_value",
]
