"""FedMIA: the other clients' updates of the same round are what a non-member looks like (Zhu et al., CVPR 2025).

With M(x, u) a measurement of record x on update u, the target's update u, and the mean m(x) and variance s2(x) of
M(x, .) over the n other clients of the round, none of which holds x, the score is the probability that a non-member
measures lower,

    log Phi((M(x, u) - m(x)) / s(x)),

summed over rounds (arXiv 2402.06289). The measurement is the record's loss, negative so that members measure higher, or
the cosine of update and negative gradient.

Where this departs from the paper and its published code:

- The logarithm. Within a round it orders records as the probability does; over rounds, logarithms of probabilities add
  up, and a single round in which the record looks like a non-member weighs more than in a mean of probabilities.
- The variance. The paper takes each record's own over the clients, which for few clients is mostly chance: of four it
  has three degrees of freedom. Here it is shrunk to that pooled over the trial's records, as if `PRIOR_FREEDOM` further
  degrees of freedom had shown the pooled one (Smyth, 2004). The more clients, the nearer to the paper.
- No shadow models are used, as in the paper, so the scores of a trial depend on nothing outside it.

One other client shows no variance: the score then is a step at what that client measures. Far above the others, beyond
38 deviations, scores are all 0.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import scipy

from attacks.game.view import View
from attacks.signals import cosine, loss
from attacks.signals.base import Scores, Signal

PRIOR_FREEDOM = 4
"""Degrees of freedom that the pooled variance counts for."""

FLOOR = 1e-8
"""Added to every variance, as in the authors' code: other clients may measure the same."""


def observe(view: View, measure: Callable[[View], Scores]) -> Scores:
    """Return the logarithm of the probability that a non-member measures lower, shape (k, candidates).

    Parameters
    ----------
    view : View
        Updates of the target and of the other clients.
    measure : callable
        From a view to a number for each trial and candidate that is higher for members.

    Raises
    ------
    ValueError
        If the view holds no other client's update: only give this signal to an adversary that sees them.
    """
    if not view.others:
        raise ValueError("the view holds no other client's update: FedMIA needs an adversary that sees the others")
    if not view.knowledge.shared:
        return np.concatenate([observe(one, measure) for one in view.each_trial()])
    others = np.stack([measure(replace(view, updates=updates)) for updates in view.others])
    scores: Scores = scipy.special.log_ndtr((measure(view) - others.mean(axis=0)) / np.sqrt(_variance(others)))
    return scores


def _variance(others: Scores) -> Scores:
    """Return each record's variance over the clients, axis 0, shrunk to the mean over records."""
    freedom = len(others) - 1
    squares = ((others - others.mean(axis=0)) ** 2).sum(axis=0)
    pooled = squares.mean(axis=1, keepdims=True) / max(freedom, 1)
    shrunk: Scores = (squares + PRIOR_FREEDOM * pooled) / (freedom + PRIOR_FREEDOM) + FLOOR
    return shrunk


FEDMIA_LOSS = Signal("fedmia-loss", partial(observe, measure=loss.observe), reads_others=True)
FEDMIA_COSINE = Signal("fedmia-cosine", partial(observe, measure=cosine.observe), reads_others=True)
