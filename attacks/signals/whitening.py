"""The whitened likelihood ratio: LiRA on several numbers at once, their noise made independent first.

For a candidate c let x be the vector read off the target, and let the shadows, all other trials, give n_in, n_out and
the means m_in, m_out of x with and without c. One Gaussian noise distribution serves both: its variances are the
candidate's own, its correlation R is pooled over candidates and shrunk, (1 - SHRINKAGE) R + SHRINKAGE I. The whitened
numbers are z = R^(-1/2) (x / deviation), and there

    log N(z; m_in, I) - log N(z; m_out, I) = d . (z - (m_in + m_out) / 2),    d = m_in - m_out.

The noise of an estimated d adds up over the parts, so d is shrunk to its mean p over candidates by empirical Bayes
(James and Stein, 1961; Efron and Morris, 1973), d <- p + t / (t + v) (d - p), where v = 1 / n_in + 1 / n_out is the
variance of the estimate and t is the variance over candidates that v leaves unexplained. The midpoint follows from the
shrunk d and the mean over all shadows.

LiRA is Carlini et al., IEEE S&P 2022; whitening, pooling and the shrinking of d are this toolkit's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attacks.signals.base import Observed, Scores

SHRINKAGE = 0.1


@dataclass(frozen=True)
class Shadows:
    """Number of the chosen trials other than the row's own, (trials, candidates, 1), and their mean, 0 if none."""

    count: NDArray[np.int64]
    mean: Observed

    @property
    def square(self) -> Observed:
        """What the mean takes from the sum of squares."""
        square: Observed = self.count * self.mean**2
        return square


def calibrate(observed: Observed, membership: NDArray[np.bool_]) -> Scores:
    """Return the whitened log-likelihood ratio of each trial, with all other trials as its shadow models."""
    centred = observed - observed.mean(axis=0)
    inside, outside = _shadows(centred, membership), _shadows(centred, ~membership)
    deviation = _deviation(centred, inside, outside)
    whitener = _whitener(centred, inside, outside, deviation)

    def whiten(parts: Observed) -> Observed:
        whitened: Observed = (parts / deviation) @ whitener
        return whitened

    difference = _shrink(whiten(inside.mean) - whiten(outside.mean), inside.count, outside.count)
    total = inside.count + outside.count
    overall = whiten((inside.count * inside.mean + outside.count * outside.mean) / total)
    middle = overall + difference * (outside.count - inside.count) / (2 * total)
    ratio: Scores = (difference * (whiten(centred) - middle)).sum(axis=-1)
    return ratio


def _shadows(centred: Observed, chosen: NDArray[np.bool_]) -> Shadows:
    count = (chosen.sum(axis=0) - chosen)[..., None]
    kept = centred * chosen[..., None]
    return Shadows(count, (kept.sum(axis=0) - kept) / np.maximum(count, 1))


def _deviation(centred: Observed, inside: Shadows, outside: Shadows) -> Observed:
    """Return each part's standard deviation within members and non-members; 1 where it never changes."""
    squares = (centred**2).sum(axis=0) - centred**2 - inside.square - outside.square
    variance = squares / max(len(centred) - 3, 1)
    return np.where(variance > 0, np.sqrt(np.maximum(variance, 0)), 1.0)


def _whitener(centred: Observed, inside: Shadows, outside: Shadows, deviation: Observed) -> NDArray[np.float64]:
    """Return R^(-1/2) of each trial's pooled and shrunk correlation R, shape (trials, parts, parts)."""
    together = np.einsum("tcp,tcq->cpq", centred, centred)
    scatter = np.einsum("cpq,tcp,tcq->tpq", together, 1 / deviation, 1 / deviation)
    for weight, parts in ((1, centred), (inside.count, inside.mean), (outside.count, outside.mean)):
        scatter -= np.einsum("tcp,tcq->tpq", weight * parts / deviation, parts / deviation)
    pooled = scatter / (max(len(centred) - 3, 1) * centred.shape[1])
    values, vectors = np.linalg.eigh((1 - SHRINKAGE) * pooled + SHRINKAGE * np.eye(centred.shape[-1]))
    root: NDArray[np.float64] = (vectors / np.sqrt(np.maximum(values, SHRINKAGE))[:, None]) @ vectors.transpose(0, 2, 1)
    return root


def _shrink(difference: Observed, count_in: NDArray[np.int64], count_out: NDArray[np.int64]) -> Observed:
    """Shrink each candidate's difference to the mean over those that have shadows of both kinds."""
    known = (count_in > 0) & (count_out > 0)
    candidates = np.maximum(known.sum(axis=1, keepdims=True), 1)
    noise = 1 / np.maximum(count_in, 1) + 1 / np.maximum(count_out, 1)
    prior = (known * difference).sum(axis=1, keepdims=True) / candidates
    excess = (known * ((difference - prior) ** 2 - noise)).sum(axis=1, keepdims=True) / candidates
    own = np.maximum(excess, 0)
    shrunk: Observed = prior + known * own / (own + noise) * (difference - prior)
    return shrunk
