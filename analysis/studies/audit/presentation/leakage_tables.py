"""The tables of measured leakage, and how its numbers are written."""

from collections.abc import Mapping

from analysis.methods.leakage.detectable import Difference
from analysis.methods.leakage.membership import FALSE_POSITIVE_RATES, Leakage, guessed_advantage
from analysis.methods.leakage.resampling import is_drawn
from analysis.methods.leakage.vulnerable import HANDFUL, VULNERABLE_SHARE
from analysis.reporting.numbers import difference, interval, small
from analysis.reporting.table import Table
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.measure import RECORDS
from analysis.studies.spec import REFERENCE

LeakageByDefence = Mapping[str, Mapping[str, Leakage]]
"""Leakage of one group as ``measured[defence][signal]``."""


def intervals_over(first: str, firsts: int, second: str, seconds: int) -> str:
    """Return what bootstrap intervals are over, from what two factors are called and how many levels each has.

    Examples
    --------
    >>> intervals_over("trial", 128, "client", 3)
    'over trials of these 3 clients, and say nothing of other clients'
    """
    levels = {first: (firsts, seconds), second: (seconds, firsts)}
    drawn = " and ".join(f"{name}s" for name, each in levels.items() if is_drawn(*each))
    fixed = [(name, number) for name, (number, other) in levels.items() if not is_drawn(number, other)]
    return f"over {drawn}" + "".join(
        f" of {f'these {number} {name}s' if number > 1 else f'this {name}'}, and say nothing of other {name}s"
        for name, number in fixed
    )


def strictest_rate(report: AuditReport) -> float:
    """Return the smallest false positive rate that the run resolves."""
    return min(report.verdicts[REFERENCE].strongest[RECORDS].tpr_at_fpr)


def leakage_table(report: AuditReport) -> Table:
    """Return every signal's statistics of the average record under each defence."""
    return signals_table(
        "Measured leakage of the average record",
        f"Adversary {report.spec.adversary}. 95% percentile bootstrap intervals are "
        f"{intervals_over('trial', report.spec.trials, 'candidate', len(report.spec.repeats))}.",
        {defence: verdict.measured for defence, verdict in report.verdicts.items()},
        guessed_advantage(*_counts(report)),
    )


def signals_table(title: str, note: str, measured: LeakageByDefence, guessed: float) -> Table:
    """Return every signal's statistics under each defence, beside the advantage that guessing would have."""
    return Table(
        title=title,
        note=f"{note} Guessing would give an AUC of 0.5, a TPR equal to the FPR, and, at the best threshold of the "
        f"sample, an advantage of about {guessed:.3f}.",
        columns=("defence", "signal", "AUC", "advantage", *(f"TPR at FPR {rate:g}" for rate in FALSE_POSITIVE_RATES)),
        rows=[
            (
                defence,
                signal,
                interval(leakage.auc),
                interval(leakage.advantage),
                *(tpr(leakage, rate) for rate in FALSE_POSITIVE_RATES),
            )
            for defence, by_signal in measured.items()
            for signal, leakage in by_signal.items()
        ],
    )


def difference_table(report: AuditReport) -> Table:
    """Return how each defence differs from none, and what the run could have seen."""
    measured = {defence: verdict.measured for defence, verdict in report.verdicts.items()}
    return differences_table("Paired on the same trials and resamples.", measured, strictest_rate(report))


def differences_table(paired: str, measured: LeakageByDefence, rate: float) -> Table:
    """Return how each defence differs from none, and what the run could have seen; a sentence says how they pair."""
    return Table(
        title="Difference to no defence",
        note=f"{paired} An interval speaks against the differences outside it. The minimum detectable difference is "
        "the one that a run of this size finds, at 95% confidence, with probability 0.8.",
        columns=("defence", "signal", "AUC minus none", "minimum detectable difference",
                 f"TPR at FPR {rate:g} minus none", "minimum detectable difference"),
        rows=[
            (
                defence,
                signal,
                minus_none(defence, leakage.auc_difference),
                small(leakage.auc_difference.detectable, 4),
                minus_none(defence, leakage.tpr_difference[rate]),
                small(leakage.tpr_difference[rate].detectable, 4),
            )
            for defence, by_signal in measured.items()
            if defence != REFERENCE
            for signal, leakage in by_signal.items()
        ],
    )  # fmt: skip


def group_table(report: AuditReport) -> Table:
    """Return the strongest signal's statistics of each group of candidates under each defence."""
    return Table(
        title="Average and most vulnerable records",
        note=f"By {report.strongest.name}; adversary {report.spec.adversary}. Averages hide those who leak most (Aerni "
        f"et al., CCS 2024). The most vulnerable records, {VULNERABLE_SHARE:.0%} and no fewer than {HANDFUL}, are "
        f"chosen by {report.spec.signals[0]} on half of the trials and measured on the other, anew in every resample. "
        "Canaries are made to leak.",
        columns=("defence", "group", "non-members", "AUC", *(f"TPR at FPR {rate:g}" for rate in FALSE_POSITIVE_RATES)),
        rows=[
            (
                defence,
                group,
                f"{leakage.non_members:,}",
                interval(leakage.auc),
                *(tpr(leakage, rate) for rate in FALSE_POSITIVE_RATES),
            )
            for defence, verdict in report.verdicts.items()
            for group, leakage in verdict.strongest.items()
        ],
    )


def tpr(leakage: Leakage, rate: float) -> str:
    """Return the true positive rate at a false positive rate, if the number of non-members resolves that."""
    if rate not in leakage.tpr_at_fpr:
        return f"not resolvable with n = {leakage.non_members:,}"
    return interval(leakage.tpr_at_fpr[rate])


def minus_none(defence: str, found: Difference) -> str:
    """Return a difference to no defence with its interval; a dash for no defence itself."""
    return "-" if defence == REFERENCE else difference(found)


def _counts(report: AuditReport) -> tuple[int, int]:
    """Return the number of members' and of non-members' scores of ordinary records."""
    members = int(report.trials.membership[:, : report.spec.candidates].sum())
    return members, report.spec.trials * report.spec.candidates - members
