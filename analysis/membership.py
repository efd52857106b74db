"""What an attack's scores say: ROC statistics, intervals over trials and candidates, paired differences."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from attacks.signals import Scores

FALSE_POSITIVE_RATES = (1e-1, 1e-2, 1e-3)
STATISTICS = ("auc", *(f"tpr at fpr {rate:g}" for rate in FALSE_POSITIVE_RATES))
CONFIDENCE = 0.95
RESAMPLES = 400


@dataclass(frozen=True)
class Estimate:
    """A measured value with its 95% percentile bootstrap interval, over trials and candidates."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Leakage:
    """How well one signal names the members of one release.

    Attributes
    ----------
    auc : Estimate
        Area under the ROC curve; 0.5 for guessing.
    tpr_at_fpr : dict of float to Estimate
        Largest true positive rate at a false positive rate of at most the key; the key itself for guessing.
    auc_difference, tpr_difference : Estimate and dict of float to Estimate
        The same minus that of the release that sends the update as it is, paired on the same trials.
    """

    auc: Estimate
    tpr_at_fpr: dict[float, Estimate]
    auc_difference: Estimate
    tpr_difference: dict[float, Estimate]


def resample_weights(trials: int, candidates: int, generator: Generator) -> NDArray[np.float64]:
    """Draw bootstrap weights that treat trials and candidates as two crossed random factors.

    A score carries the product of how often its trial and its candidate were drawn with replacement (Owen, Annals of
    Applied Statistics 2007, the pigeonhole bootstrap), so scores that share either move together.

    Returns
    -------
    float64 array, shape (1 + RESAMPLES, trials, candidates)
        The first entry is all ones, the sample itself.
    """
    by_trial = generator.multinomial(trials, np.full(trials, 1 / trials), size=RESAMPLES)
    by_candidate = generator.multinomial(candidates, np.full(candidates, 1 / candidates), size=RESAMPLES)
    products = by_trial[:, :, None] * by_candidate[:, None, :].astype(np.float64)
    return np.concatenate([np.ones((1, trials, candidates)), products])


def roc_statistics(
    scores: Scores, membership: NDArray[np.bool_], weights: Iterable[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return AUC and TPR at each of `FALSE_POSITIVE_RATES`, for each set of weights.

    Equals scikit-learn's ``roc_auc_score`` and ``roc_curve`` with ``sample_weight``, sorting the scores but once.

    Parameters
    ----------
    scores : float64 array, shape (trials, candidates)
        Higher: more likely a member.
    membership : bool array, shape (trials, candidates)
        Who was one.
    weights : iterable of float64 arrays, shape (trials, candidates)
        Weight of each score.

    Returns
    -------
    float64 array, shape (len(weights), 1 + len(FALSE_POSITIVE_RATES))
        In the order of `STATISTICS`.
    """
    order = np.argsort(-scores, axis=None, kind="stable")
    ranked = scores.ravel()[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
    members = membership.ravel()[order]
    return np.array([_statistics(weight.ravel()[order], members, ends) for weight in weights])


def _statistics(weights: NDArray[np.float64], members: NDArray[np.bool_], ends: NDArray[np.intp]) -> list[float]:
    tpr = np.append(0.0, np.cumsum(weights * members)[ends])
    fpr = np.append(0.0, np.cumsum(weights * ~members)[ends])
    tpr, fpr = tpr / tpr[-1], fpr / fpr[-1]
    at_rate = tpr[np.searchsorted(fpr, FALSE_POSITIVE_RATES, side="right") - 1]
    return [float(np.trapezoid(tpr, fpr)), *at_rate.tolist()]


def leakage(replicates: NDArray[np.float64], reference: NDArray[np.float64]) -> Leakage:
    """Summarise the replicates that `roc_statistics` gives for a release and for the undefended one."""
    auc, *rates = _estimates(replicates)
    auc_difference, *rate_differences = _estimates(replicates - reference)
    return Leakage(
        auc=auc,
        tpr_at_fpr=dict(zip(FALSE_POSITIVE_RATES, rates, strict=True)),
        auc_difference=auc_difference,
        tpr_difference=dict(zip(FALSE_POSITIVE_RATES, rate_differences, strict=True)),
    )


def _estimates(replicates: NDArray[np.float64]) -> list[Estimate]:
    """Return the first row as values, with percentile intervals from the rows after it."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(replicates[1:], [tail, 1 - tail], axis=0)
    return [Estimate(*map(float, row)) for row in zip(replicates[0], low, high, strict=True)]
