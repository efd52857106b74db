"""Intervals from bootstrap replicates, and the smallest difference that a run could have detected."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.leakage.resampling import BY_CANDIDATE, BY_SCORE, BY_TRIAL, SAMPLE
from fedsz_privacy.core.errors import InputError

POWER = 0.8

HALF, WHOLE = 0.5, 1.0
"""How much of the variance that scores have alone `standard_errors` takes off."""


@dataclass(frozen=True)
class Estimate:
    """A measured value with its 95% interval; by `estimates` that of the bootstrap, over trials and candidates."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference(Estimate):
    """A paired difference, with the smallest true difference that the run would have detected.

    An interval around 0 alone does not say that two releases leak the same: it may be that the run was too small.
    `detectable` says which differences it was large enough for.

    Attributes
    ----------
    detectable : float
        As `smallest_detectable` gives it, from the standard deviation of the difference over the replicates. It is 0
        where two releases gave the same statistic in every replicate, which says that there was nothing to detect on
        these trials and candidates, not that the run would have found any difference at all.
    """

    detectable: float


def smallest_detectable(standard_error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the true differences whose 95% interval excludes 0 with probability `POWER`, from standard errors.

    For a normal estimate with standard error s that is (z_0.975 + z_0.8) s = 2.80 s (Bloom, Evaluation Review 1995);
    the chance of an interval beyond 0 on the wrong side is left out. `standard_errors` overstates s by a factor of up
    to c = sqrt(1.5), reached for the AUC where scores share no effects of trials or candidates. What is returned is
    then c times too large, and is detected with probability Phi(c z_0.8), at most 0.85, instead of `POWER`. What is
    returned for advantage and TPR may be too large as well: docs/method.md has by how much.

    Examples
    --------
    >>> round(float(smallest_detectable(np.float64(0.01))), 4)
    0.028
    """
    factor: float = scipy.stats.norm.ppf((1 + CONFIDENCE) / 2) + scipy.stats.norm.ppf(POWER)
    return factor * standard_error


def standard_errors(
    replicates: NDArray[np.float64], taken_off: float | NDArray[np.float64] = HALF
) -> NDArray[np.float64]:
    """Return the standard error of each column.

    With V_T, V_C and V_S the variances of what replicates by trial, by candidate and by score show, V_T + V_C - V_S is
    the variance under crossed random effects (Cameron, Gelbach and Miller, Journal of Business & Economic Statistics
    2011): V_T and V_C both hold what scores vary by alone, V_S. That estimate is itself uncertain, and intervals from
    it cover the truth a little too rarely in small games. So only half of V_S is taken off, and the result is at least
    V_T and V_C. That exceeds what is needed by less than the product-weight bootstrap does (Owen, Annals of Applied
    Statistics 2007). docs/method.md has how often such intervals cover, and how wide they are.

    Statistics that rest on a threshold, which a resample moves in steps, vary more from resample to resample than from
    game to game: advantage and TPR. Of their differences between two releases V_S may be taken off whole. A TPR by
    itself, or an AUC's difference, would then be covered too rarely.

    Parameters
    ----------
    replicates : float64 array, shape (1 + 2.5 * RESAMPLES, columns)
        What `resample_weights` leads to, in its order.
    taken_off : float, or float64 array of shape (columns,)
        Share of V_S that is taken off.
    """
    by_trial, by_candidate, by_score = (
        np.nanvar(replicates[rows], axis=0) for rows in (BY_TRIAL, BY_CANDIDATE, BY_SCORE)
    )
    error: NDArray[np.float64] = np.sqrt(
        np.maximum(by_trial + by_candidate - taken_off * by_score, np.maximum(by_trial, by_candidate))
    )
    return error


def estimates(replicates: NDArray[np.float64]) -> list[Estimate]:
    """Return an estimate for each column, in [0, 1]: the sample's row as the value, the interval from those after it.

    Replicates that are NaN, which a group of few candidates has where none of them was drawn, are left out.

    Parameters
    ----------
    replicates : float64 array, shape (1 + 2.5 * RESAMPLES, columns)
        What `resample_weights` leads to, in its order.

    Raises
    ------
    InputError
        If the first row is NaN.
    """
    value, low, high = _intervals(replicates, HALF).T
    return [Estimate(*map(float, row)) for row in np.column_stack([value, *np.clip([low, high], 0, 1)])]


def differences(
    replicates: NDArray[np.float64], reference: NDArray[np.float64], taken_off: float | NDArray[np.float64] = HALF
) -> list[Difference]:
    """Return the differences of two sets of replicates, column by column, paired row by row.

    NaN is treated as in `estimates`, and the share of V_S that is taken off each column as in `standard_errors`.

    Raises
    ------
    InputError
        If the first row of either is NaN.
    """
    paired = replicates - reference
    intervals, detectable = _intervals(paired, taken_off), smallest_detectable(standard_errors(paired, taken_off))
    return [Difference(*map(float, row)) for row in np.column_stack([intervals, detectable])]


def _intervals(replicates: NDArray[np.float64], taken_off: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value and the ends of the interval of each column, shape (columns, 3).

    The deviation of the estimate from the truth is taken to be that of the sum of a replicate by trial and one by
    candidate from their means, at the scale of `standard_errors`. Taking their means off matters where a resample
    chooses the candidates that it measures: it has fewer distinct trials to choose by, and so chooses worse. The ends
    are percentiles of that, not reflected about the estimate: of a large AUC they cover better.
    """
    value = replicates[SAMPLE]
    if np.isnan(value).any():
        raise InputError("members or non-members 0: choose a group of candidates, or more trials, that has both")
    by_trial, by_candidate = (
        replicates[rows] - np.nanmean(replicates[rows], axis=0) for rows in (BY_TRIAL, BY_CANDIDATE)
    )
    sums = (by_trial[:, None] + by_candidate).reshape(-1, len(value))
    spread = np.sqrt(np.nanvar(by_trial, axis=0) + np.nanvar(by_candidate, axis=0))
    scale = np.divide(standard_errors(replicates, taken_off), spread, out=np.zeros_like(spread), where=spread > 0)
    tail = (1 - CONFIDENCE) / 2
    low, high = value + scale * np.nanquantile(sums, [tail, 1 - tail], axis=0)
    return np.column_stack([value, low, high])
