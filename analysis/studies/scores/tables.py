"""The tables of an audit of scores."""

from analysis.methods.leakage.detectable import Difference
from analysis.methods.leakage.membership import FALSE_POSITIVE_RATES, guessed_advantage
from analysis.methods.lower_bounds import EpsilonBound, MuBound
from analysis.reporting.numbers import as_lower_bound, difference, interval, small
from analysis.reporting.page import Lines
from analysis.reporting.table import Row, Table, with_interval
from analysis.studies.audit.presentation.leakage_tables import intervals_over, tpr
from analysis.studies.scores.designs import ANY, GAUSSIAN, MEANINGS, Method, Withheld
from analysis.studies.scores.found import ScoresReport
from fedsz_privacy.core.numbers import write_shortest


def leakage_table(report: ScoresReport) -> Table:
    """Return every signal's statistics on each release."""
    members = int(report.table.member.sum())
    non_members = len(report.table.member) - members
    return Table(
        title="Measured leakage",
        note=f"95% percentile bootstrap intervals are {resampled(report)}. Guessing would give an AUC of 0.5, a TPR "
        "equal to the FPR, and, at the best threshold of the sample, an advantage of about "
        f"{guessed_advantage(members, non_members):.3f}.",
        columns=("release", "signal", "AUC", "advantage", *(f"TPR at FPR {rate:g}" for rate in FALSE_POSITIVE_RATES)),
        rows=[
            (
                release,
                signal,
                interval(leakage.auc),
                interval(leakage.advantage),
                *(tpr(leakage, rate) for rate in FALSE_POSITIVE_RATES),
            )
            for release, by_signal in report.measured.items()
            for signal, leakage in by_signal.items()
        ],
    )


def difference_table(report: ScoresReport) -> Table:
    """Return how each release differs from the reference, and what these scores could have shown."""
    reference, rates = report.table.reference, report.rates
    return Table(
        title=f"Difference to {reference}",
        note="Paired on the same runs, records and resamples. An interval speaks against the differences outside it. "
        "The minimum detectable difference (MDD) is the one that as many scores show, at 95% confidence, with "
        "probability 0.8.",
        columns=("release", "signal", f"AUC minus {reference}", "MDD",
                 *(name for rate in rates[-1:] for name in (f"TPR at FPR {rate:g} minus {reference}", "MDD"))),
        rows=[
            (
                release,
                signal,
                *_difference(report.measured[release][signal].auc_difference),
                *(
                    cell
                    for rate in rates[-1:]
                    for cell in _difference(report.measured[release][signal].tpr_difference[rate])
                ),
            )
            for release in report.others
            for signal in report.signals
        ],
    )  # fmt: skip


def allowed(report: ScoresReport) -> Lines:
    """Return what the design allows to be said of epsilon, and why."""
    design = report.spec.design
    declared = (
        f"declared: {design}, that is, {MEANINGS[design]}; only what the file contradicts is checked of it"
        if design
        else "declared: nothing"
    )
    return Lines(
        title="What the design allows to be said of epsilon",
        lines=(declared, *map(_allowed, report.methods)),
    )


def bound_table(report: ScoresReport) -> Table:
    """Return the lower bounds on epsilon, those for any mechanism apart from those that assume a Gaussian curve."""
    found = {(each.release, each.signal, each.method.name, each.method.about): each.found for each in report.bounds}
    rows = dict.fromkeys((release, signal, name) for release, signal, name, _ in found)
    delta = write_shortest(report.spec.delta)
    return Table(
        title="Measured: lower bounds on epsilon",
        note=f"Confidence {report.spec.confidence:g} for each bound by itself, and less for the largest of several. "
        "Adjacency: what decided membership, a record in or not in. A bound is a measurement and "
        "says nothing upward: 0 means that these scores proved nothing. The last column holds only where the "
        "mechanism's trade-off curve is Gaussian, as of one release with Gaussian noise; for others it overstates.",
        columns=(
            "release",
            "signal",
            "method",
            f"epsilon lower bound\nat delta {delta},\nany mechanism",
            f"epsilon lower bound\nat delta {delta},\nGaussian curve only",
        ),
        rows=[(*row, *(_epsilon(found.get((*row, about))) for about in (ANY, GAUSSIAN))) for row in rows],
    )


def summary_rows(report: ScoresReport) -> list[Row]:
    """Return one row for each release and signal, nothing rounded."""
    return [
        {
            "release": release,
            "signal": signal,
            **with_interval("measured_auc", leakage.auc),
            **with_interval("measured_auc_difference", leakage.auc_difference),
            "measured_auc_difference_detectable": leakage.auc_difference.detectable,
            **with_interval("measured_advantage", leakage.advantage),
            **{
                name: number
                for rate, found in leakage.tpr_at_fpr.items()
                for name, number in with_interval(f"measured_tpr_at_fpr_{rate:g}", found).items()
            },
        }
        for release, by_signal in report.measured.items()
        for signal, leakage in by_signal.items()
    ]


def leakage_rows(report: ScoresReport) -> list[Row]:
    """Return one row for each release, signal and statistic, nothing rounded."""
    return [
        {
            "release": release,
            "signal": signal,
            "statistic": statistic,
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "difference": difference.value,
            "difference_low": difference.low,
            "difference_high": difference.high,
            "detectable": difference.detectable,
        }
        for release, by_signal in report.measured.items()
        for signal, leakage in by_signal.items()
        for statistic, estimate, difference in (
            ("auc", leakage.auc, leakage.auc_difference),
            ("advantage", leakage.advantage, leakage.advantage_difference),
            *(
                (f"tpr at fpr {rate:g}", leakage.tpr_at_fpr[rate], leakage.tpr_difference[rate])
                for rate in report.rates
            ),
        )
    ]


def bound_rows(report: ScoresReport) -> list[Row]:
    """Return one row for each lower bound, nothing rounded."""
    return [
        {
            "release": each.release,
            "signal": each.signal,
            "method": each.method.name,
            "holds_for": each.method.about,
            "epsilon_lower_bound": each.found.epsilon,
            "delta": each.found.delta,
            "confidence": each.found.confidence,
        }
        for each in report.bounds
    ]


def resampled(report: ScoresReport) -> str:
    """Return what the bootstrap resamples, which is what was random."""
    return intervals_over("run", report.table.runs, "record", report.table.records)


def _epsilon(found: EpsilonBound | MuBound | None) -> str:
    return as_lower_bound(found.epsilon) if found else "-"


def _allowed(method: Method | Withheld) -> str:
    if isinstance(method, Withheld):
        return f"{method.name}: not printed, because {method.why}"
    return f"{method.name}: printed for {method.about}, because {method.why}"


def _difference(found: Difference) -> tuple[str, str]:
    return difference(found, 4), small(found.detectable, 4)
