"""LiRA: a likelihood ratio against shadow models (Carlini et al., IEEE S&P 2022).

Each trial in turn is the target and all others are its shadow models. For a candidate whose logit margin in the target
is phi, with means m and variances s2 of the margin over shadows trained with (in) and without (out) the candidate, the
score is log N(phi; m_in, s2_in) - log N(phi; m_out, s2_out). Variances are pooled over candidates, the paper's fixed
variance, which is the stronger choice for fewer than some hundred shadows.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm

from attacks.signals.base import Scores, Signal
from attacks.view import View

TINY = 1e-12


def observe(view: View) -> Scores:
    """Return the logit margin log(p / (1 - p)) of the true class, from the logits, without overflow."""
    true_class = view.knowledge.pool.labels.expand(view.logits.shape[:2]).unsqueeze(-1)
    others = view.logits.scatter(-1, true_class, -torch.inf)
    margins: Scores = (view.logits.gather(-1, true_class).squeeze(-1) - others.logsumexp(-1)).numpy()
    return margins


def calibrate(margins: Scores, membership: NDArray[np.bool_]) -> Scores:
    """Return the log-likelihood ratio of each trial's margins, with all other trials as its shadow models."""
    mean_in, deviation_in = _shadow_moments(margins, membership)
    mean_out, deviation_out = _shadow_moments(margins, ~membership)
    inside, outside = norm.logpdf(margins, mean_in, deviation_in), norm.logpdf(margins, mean_out, deviation_out)
    return np.subtract(inside, outside)


def _shadow_moments(margins: Scores, chosen: NDArray[np.bool_]) -> tuple[Scores, Scores]:
    """Return mean and pooled standard deviation over the chosen trials other than the row's own.

    The mean has shape (trials, candidates), the deviation (trials, 1). A candidate with no chosen shadow takes the
    mean over all candidates.
    """
    centred = margins - margins.mean()
    others = chosen.sum(axis=0) - chosen
    first = (centred * chosen).sum(axis=0) - centred * chosen
    second = (centred**2 * chosen).sum(axis=0) - centred**2 * chosen
    mean = first / np.maximum(others, 1)
    spread = second - others * mean**2
    freedom = np.maximum(others - 1, 0)
    variance = spread.sum(axis=1, keepdims=True) / np.maximum(freedom.sum(axis=1, keepdims=True), 1)
    return mean + margins.mean(), np.sqrt(np.maximum(variance, TINY))


LIRA = Signal("lira", observe, calibrate)
