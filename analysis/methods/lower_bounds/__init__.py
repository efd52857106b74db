"""Empirical lower bounds on epsilon: what the errors or the guesses of an attack say of a defence."""

from analysis.methods.lower_bounds.bayesian import CredibleBounds, bayesian_bounds, one_direction_bounds
from analysis.methods.lower_bounds.bounds import EpsilonBound, MuBound
from analysis.methods.lower_bounds.clopper_pearson import clopper_pearson_bound
from analysis.methods.lower_bounds.counts import ErrorCounts, best_threshold, count_errors
from analysis.methods.lower_bounds.gaussian import gaussian_bound
from analysis.methods.lower_bounds.guesses import Guesses, count_guesses
from analysis.methods.lower_bounds.one_run import one_run_bound, one_run_p_value
from analysis.methods.lower_bounds.one_run_gaussian import one_run_gaussian_bound

__all__ = [
    "CredibleBounds",
    "EpsilonBound",
    "ErrorCounts",
    "Guesses",
    "MuBound",
    "bayesian_bounds",
    "best_threshold",
    "clopper_pearson_bound",
    "count_errors",
    "count_guesses",
    "gaussian_bound",
    "one_direction_bounds",
    "one_run_bound",
    "one_run_gaussian_bound",
    "one_run_p_value",
]
