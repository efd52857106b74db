"""LiRA: a likelihood ratio against shadow models (Carlini et al., IEEE S&P 2022).

Each trial in turn is the target and all others are its shadow models. For a candidate whose logit margin in the target
is phi, with means m and variances s2 of the margin over shadows trained with (in) and without (out) the candidate:

- online: log N(phi; m_in, s2_in) - log N(phi; m_out, s2_out);
- offline: the paper's 1 - P(Z > phi) with Z ~ N(m_out, s2_out). Its argument (phi - m_out) / s_out orders the scores in
  the same way and does not run into the end of the floating-point numbers, so it is the score here.

A variance is pooled over candidates, the paper's fixed variance, which is the stronger choice for fewer than some
hundred shadows, or each candidate's own.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from attacks.game.view import View
from attacks.signals.base import Scores, Signal
from attacks.signals.shadows import Moments, moments, own_deviation, pooled_deviation

Deviation: TypeAlias = Callable[[Moments], Scores]


def observe(view: View) -> Scores:
    """Return the client's model's confidence in each candidate: of a classifier, its logit margin."""
    return view.confidences


def online(margins: Scores, membership: NDArray[np.bool_], deviation: Deviation) -> Scores:
    """Return the log-likelihood ratio of each trial's margins, with all other trials as its shadow models."""
    inside, outside = moments(margins, membership), moments(margins, ~membership)
    log_in = scipy.stats.norm.logpdf(margins, inside.mean, deviation(inside))
    return np.subtract(log_in, scipy.stats.norm.logpdf(margins, outside.mean, deviation(outside)))


def offline(margins: Scores, membership: NDArray[np.bool_], deviation: Deviation) -> Scores:
    """Return how many deviations each margin lies above its mean over the shadows trained without the candidate."""
    outside = moments(margins, ~membership)
    return (margins - outside.mean) / deviation(outside)


LIRA = Signal("lira", observe, partial(online, deviation=pooled_deviation))
LIRA_PER_EXAMPLE = Signal("lira-per-example", observe, partial(online, deviation=own_deviation))
LIRA_OFFLINE = Signal("lira-offline", observe, partial(offline, deviation=pooled_deviation))
LIRA_OFFLINE_PER_EXAMPLE = Signal("lira-offline-per-example", observe, partial(offline, deviation=own_deviation))
