"""How much better than a guess an attack is, at a confidence: a lower limit on total variation from correct guesses."""

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.methods.lower_bounds.bounds import check_confidence
from analysis.methods.lower_bounds.counts import check_scores, require_some
from fedsz_privacy.core.errors import InputError

UNFAIR = 1e-6
"""Fair coins are refused as unfair once in as many audits."""


def are_unfair(heads: int, coins: int) -> bool:
    """Return whether fair coins show so many heads, or as rare a number of them, less than once in a million times."""
    return bool(scipy.stats.binomtest(heads, coins).pvalue < UNFAIR)


def halving_threshold(scores: NDArray[np.float64]) -> float:
    """Return the threshold that names as nearly half of the scores as can be, without a look at who is a member."""
    require_some(scores)
    values, counts = np.unique(scores, return_counts=True)
    named = np.cumsum(counts[::-1])[::-1]
    return float(values[np.abs(named - scores.size / 2).argmin()])


def advantage_lower_limit(
    scores: NDArray[np.float64], members: NDArray[np.bool_], threshold: float, confidence: float
) -> float:
    r"""Return a lower confidence limit on the total variation between the scores of members and of others.

    An attack that names all scores of at least a threshold is right with probability
    :math:`1 - (\alpha + \beta) / 2 \le (1 + \mathrm{TV}) / 2`. The limit on that probability is Clopper and Pearson's
    (Biometrika 1934), one-sided.

    Parameters
    ----------
    scores : float64 array, any shape
        Higher: more likely a member.
    members : bool array, shape of ``scores``
        Who was one.
    threshold : float
        Fixed beforehand, or chosen by the scores alone.
    confidence : float
        Least probability that the limit is at most the total variation.

    Returns
    -------
    float
        From -1 to 1; 0 and less say nothing.

    Raises
    ------
    InputError
        If the arrays do not fit, or fair coins would hardly give so many or so few members.

    Guarantees
    ----------
    Holds if each score is that of one fair coin, and the scores are independent of one another given the coins, each
    of one distribution for members and one for others. A threshold chosen by the scores alone keeps it valid: given
    the scores, each coin is guessed right at most as often as by the better of its two answers, and over draws of the
    scores those are right with probability :math:`(1 + \mathrm{TV}) / 2`, independently.
    """
    check_confidence(confidence)
    check_scores(scores, members)
    if are_unfair(int(members.sum()), members.size):
        raise InputError(
            f"{int(members.sum())} of {members.size} scores are of members, which fair coins do not give: audit "
            "records that were in with probability 1/2, each by a coin of its own"
        )
    correct = int(((scores >= threshold) == members).sum())
    right = scipy.stats.beta.ppf(1 - confidence, correct, members.size - correct + 1) if correct else 0.0
    return float(2 * right - 1)
