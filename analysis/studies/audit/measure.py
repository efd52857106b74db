"""What an audit measures: leakage of the average record, of the most exposed, and lower bounds on epsilon."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from analysis.methods.leakage.membership import Leakage, leakage, resample_weights, resolvable_rates, roc_statistics
from analysis.methods.leakage.vulnerable import vulnerable
from analysis.methods.lower_bounds import EpsilonBound
from analysis.methods.lower_bounds.trials import epsilon_bound
from analysis.reporting.progress import Progress
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.spec import REFERENCE
from attacks import Scores, Signal, Trials
from fedsz_privacy.core.randomness import Purpose, generator

RECORDS = "records"
"""The group of all candidates that are ordinary records: the average record."""

VULNERABLE = "most vulnerable records"

Measured = Mapping[str, Mapping[str, Mapping[str, Leakage]]]
"""Leakage as ``measured[group][defence][signal]``."""


def scores_of(trials: Trials, defences: Sequence[str], signals: Sequence[Signal]) -> dict[str, dict[str, Scores]]:
    """Return calibrated scores as ``scores[defence][signal]``, each of shape (trials, candidates)."""
    return {
        defence: {
            signal.name: signal.score(trials.observed[signal.name][:, row], trials.membership) for signal in signals
        }
        for row, defence in enumerate(defences)
    }


def groups_of(spec: AuditSpec, scores: Scores, membership: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Return which scores belong to each group of candidates, bool of shape (trials, candidates).

    Parameters
    ----------
    spec : AuditSpec
        Says which candidates are canaries, and of what kind.
    scores : float64 array, shape (trials, candidates)
        What the most vulnerable of the ordinary records are chosen by.
    membership : bool array, shape (trials, candidates)
        Who was in.
    """
    kinds = [RECORDS] * spec.candidates
    kinds += [canary.name for canary, count in spec.parse_canaries() for _ in range(count)]
    groups = {kind: np.broadcast_to(np.equal(kinds, kind), membership.shape) for kind in dict.fromkeys(kinds)}
    exposed = np.zeros_like(membership)
    exposed[:, : spec.candidates] = vulnerable(scores[:, : spec.candidates], membership[:, : spec.candidates])
    return {RECORDS: groups.pop(RECORDS), VULNERABLE: exposed, **groups}


def measure(
    spec: AuditSpec, trials: Trials, scores: Mapping[str, Mapping[str, Scores]], progress: Progress
) -> Measured:
    """Return the leakage of each group under each defence by each signal, all from the same resamples.

    The most vulnerable records are those that the first signal finds most easily without a defence, by what it
    read before calibration: calibrated scores know the members of all other trials.
    """
    membership = trials.membership
    read = trials.observed[spec.signals[0]][:, spec.defences.index(REFERENCE)]
    raw = read.reshape(*read.shape[:3], -1).sum(axis=(1, 3))
    weights = resample_weights(spec.trials, membership.shape[1], generator(spec.seed, Purpose.BOOTSTRAP))
    groups = groups_of(spec, raw, membership)
    shown = progress(groups.items(), description="intervals", total=len(groups))
    return {group: _measure_group(mask, membership, scores, weights) for group, mask in shown}


def _measure_group(
    mask: NDArray[np.bool_],
    membership: NDArray[np.bool_],
    scores: Mapping[str, Mapping[str, Scores]],
    weights: NDArray[np.float64],
) -> dict[str, dict[str, Leakage]]:
    members, drawn = membership[mask], weights[:, mask]
    non_members = int((~members).sum())
    rates = resolvable_rates(non_members)
    replicates = {
        defence: {name: roc_statistics(each[mask], members, drawn, rates) for name, each in by_signal.items()}
        for defence, by_signal in scores.items()
    }
    return {
        defence: {name: leakage(each, replicates[REFERENCE][name], non_members) for name, each in by_signal.items()}
        for defence, by_signal in replicates.items()
    }


def bound_epsilon(spec: AuditSpec, trials: Trials, signals: Sequence[Signal]) -> dict[str, EpsilonBound]:
    """Return a lower bound on each defence's epsilon, for one record, by the signal that shadows find strongest.

    The signal is chosen without a defence, on the half of the trials that are shadows and are not audited.
    """
    half = spec.trials // 2
    shadows = trials.membership[:half]

    def auc(signal: Signal) -> float:
        scores = signal.score(trials.observed[signal.name][:half, spec.defences.index(REFERENCE)], shadows)
        return float(roc_auc_score(shadows.ravel(), scores.ravel()))

    strongest = max(signals, key=auc)
    single = np.array(spec.repeats) == 1
    return {
        defence: epsilon_bound(
            strongest,
            trials.observed[strongest.name][:, row],
            trials.membership,
            single,
            spec.delta,
            generator(spec.seed, Purpose.BOUND, row),
        )
        for row, defence in enumerate(spec.defences)
    }
