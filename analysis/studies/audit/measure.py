"""What an audit measures: leakage of the average record, of the most exposed, and lower bounds on epsilon."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.groups import ChosenGroup, FixedGroup, Group
from analysis.methods.leakage.membership import Leakage, leakage, resolvable_rates
from analysis.methods.leakage.resampling import resample_weights
from analysis.methods.leakage.vulnerable import vulnerable_resamples
from analysis.methods.lower_bounds import EpsilonBound
from analysis.methods.lower_bounds.trials import epsilon_bound
from analysis.reporting.progress import Progress
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.strongest import AuditQuestion, undefended_auc
from analysis.studies.spec import REFERENCE
from attacks import Scores, Signal, Trials
from fedsz_privacy.core.randomness import Purpose, generator

RECORDS = "records"
"""The group of all candidates that are ordinary records: the average record."""

VULNERABLE = "most vulnerable records"


def scores_of(trials: Trials, defences: Sequence[str], signals: Sequence[Signal]) -> dict[str, dict[str, Scores]]:
    """Return calibrated scores as ``scores[defence][signal]``, each of shape (trials, candidates)."""
    return {
        defence: {
            signal.name: signal.score(trials.observed[signal.name][:, row], trials.membership) for signal in signals
        }
        for row, defence in enumerate(defences)
    }


def groups_of(
    spec: AuditSpec, scores: Scores, membership: NDArray[np.bool_], weights: NDArray[np.uint16]
) -> dict[str, Group]:
    """Return the groups of candidates.

    Parameters
    ----------
    spec : AuditSpec
        Says which candidates are canaries, and of what kind.
    scores : float64 array, shape (trials, candidates)
        What the most vulnerable of the ordinary records are chosen by.
    membership : bool array, shape (trials, candidates)
        Who was in.
    weights : uint16 array, shape (resamples, trials, candidates)
        What `resample_weights` returns.
    """
    kinds = [RECORDS] * spec.candidates
    kinds += [canary.name for canary, count in spec.parse_canaries() for _ in range(count)]

    def of(kind: str) -> Group:
        mask = np.broadcast_to(np.equal(kinds, kind), membership.shape)
        drawn = weights.reshape(len(weights), -1).compress(mask.ravel(), axis=1)
        return FixedGroup(mask, membership[mask], drawn)

    records = slice(spec.candidates)
    members = membership[:, records]
    chosen = ChosenGroup(records, members, vulnerable_resamples(scores[:, records], members, weights[:, :, records]))
    canaries = dict.fromkeys(kinds[spec.candidates :])
    return {RECORDS: of(RECORDS), VULNERABLE: chosen, **{kind: of(kind) for kind in canaries}}


def measure(
    spec: AuditSpec, trials: Trials, scores: Mapping[str, Mapping[str, Scores]], progress: Progress
) -> dict[str, dict[str, dict[str, Leakage]]]:
    """Return leakage as ``measured[group][defence][signal]``, all from the same resamples.

    The most vulnerable records are those that the first signal finds most easily without a defence, by what it
    read before calibration: calibrated scores know the members of all other trials. Each resample chooses its own.
    """
    membership = trials.membership
    weights = resample_weights(spec.trials, membership.shape[1], generator(spec.seed, Purpose.BOOTSTRAP))
    read = trials.observed[spec.signals[0]][:, spec.defences.index(REFERENCE)]
    groups = groups_of(spec, read.reshape(*read.shape[:3], -1).sum(axis=(1, 3)), membership, weights)
    shown = progress(groups.items(), description="intervals", total=len(groups))
    return {name: measure_group(group, scores) for name, group in shown}


def measure_group(group: Group, scores: Mapping[str, Mapping[str, Scores]]) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of one group under each defence by each signal; ``none`` is among the defences."""
    rates = resolvable_rates(group.non_members)
    replicates = {
        defence: {name: group.replicates(each, rates) for name, each in by_signal.items()}
        for defence, by_signal in scores.items()
    }
    return {
        defence: {
            name: leakage(each, replicates[REFERENCE][name], group.non_members) for name, each in by_signal.items()
        }
        for defence, by_signal in replicates.items()
    }


def bound_epsilon(spec: AuditQuestion, trials: Trials, signals: Sequence[Signal]) -> dict[str, EpsilonBound]:
    """Return a lower bound on each defence's epsilon, for one record or client, by the signal that shadows find best.

    What a coin decides is the unit of privacy. The signal is chosen without a defence, on the half of the trials that
    are shadows and are not audited. Coins are split alike under all defences: the same scores get the same bound.
    """
    shadows, everyone = slice(spec.trials // 2), np.ones(len(spec.repeats), bool)
    strongest = max(signals, key=lambda signal: undefended_auc(spec, trials, signal, shadows, everyone))
    single = np.array(spec.repeats) == 1
    return {
        defence: epsilon_bound(
            strongest,
            trials.observed[strongest.name][:, row],
            trials.membership,
            single,
            spec.delta,
            generator(spec.seed, Purpose.BOUND),
        )
        for row, defence in enumerate(spec.defences)
    }
