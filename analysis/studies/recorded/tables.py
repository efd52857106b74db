"""The tables of an audit of recorded updates."""

from analysis.methods.guarantee import note_of_claims
from analysis.methods.leakage.membership import guessed_advantage
from analysis.reporting.numbers import as_lower_bound, interval, significant, small
from analysis.reporting.page import Lines
from analysis.reporting.table import Table
from analysis.studies.audit.presentation.leakage_tables import (
    differences_table,
    intervals_over,
    minus_none,
    signals_table,
    tpr,
)
from analysis.studies.recorded.found import RecordedReport
from analysis.studies.recorded.measure import GUESSED
from analysis.studies.spec import REFERENCE
from analysis.studies.units import cells, headings, note_of_units, units_of
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit


def strictest_rate(report: RecordedReport) -> float:
    """Return the smallest false positive rate that the scores of all clients resolve."""
    return min(report.leakage[REFERENCE][report.strongest.name].tpr_at_fpr)


def _resampled(report: RecordedReport) -> str:
    return intervals_over("record", len(report.candidates.records), "client", len(report.candidates.clients))


def closing_table(report: RecordedReport) -> Table:
    """Return the table that the command ends with: one row for each release."""
    rate, name = strictest_rate(report), report.strongest.name
    units = units_of(report.guarantees.values())
    metric = report.material.split.test.task.metric
    return Table(
        title="What each release of the recorded updates gives away",
        note=f"Measured by the strongest signal, {name}, chosen on other records than it measures; 95% intervals "
        f"are {_resampled(report)}. A guarantee is of the release alone, over all rounds of a client; what training "
        f"guaranteed is not recorded. {metric.capitalize()} is that of the last round's average, with intervals over "
        "test records." + note_of_units(units) + note_of_claims(report.guarantees.values()),
        columns=(
            "defence",
            *headings(units, report.spec.delta),
            "measured\nAUC",
            "measured\nAUC minus none",
            "minimum\ndetectable\ndifference",
            f"measured\nTPR at FPR {rate:g}",
            "ratio",
            metric,
        ),
        rows=[
            (
                release,
                *cells(report.guarantees[release], units),
                interval(by_signal[name].auc),
                minus_none(release, by_signal[name].auc_difference),
                "-" if release == REFERENCE else small(by_signal[name].auc_difference.detectable, 4),
                tpr(by_signal[name], rate),
                significant(report.ratio(release), 4),
                _performance(report, release, 3),
            )
            for release, by_signal in report.leakage.items()
        ],
    )


def leakage_table(report: RecordedReport) -> Table:
    """Return every signal's statistics over all clients by each release."""
    judged = report.candidates.judged
    members = int(report.candidates.membership[judged].sum())
    return signals_table(
        "Measured leakage over all clients",
        "Scores are added up over the rounds of each client. 95% percentile bootstrap intervals are "
        f"{_resampled(report)}.",
        report.measured,
        guessed_advantage(members, int(judged.sum()) - members),
    )


def difference_table(report: RecordedReport) -> Table:
    """Return how each release differs from none, and what the run could have seen."""
    paired = "Paired on the same updates, records and resamples."
    return differences_table(paired, report.measured, strictest_rate(report))


def client_table(report: RecordedReport) -> Table:
    """Return the strongest signal's leakage of each client by each release."""
    held = report.candidates.membership & report.candidates.judged
    members = dict(zip(report.candidates.clients, held.sum(axis=0).tolist(), strict=True))
    rounds = dict(zip(report.candidates.clients, report.observations.took_part.sum(axis=0).tolist(), strict=True))
    return Table(
        title="Client by client",
        note=f"By {report.strongest.name}, with 95% intervals over records. One client's interval says nothing of "
        "others.",
        columns=("client", "defence", "rounds", "members", "non-members", "AUC", "AUC minus none"),
        rows=[
            (
                client,
                release,
                str(rounds[client]),
                f"{members[client]:,}",
                f"{leakage.non_members:,}",
                interval(leakage.auc),
                minus_none(release, leakage.auc_difference),
            )
            for client, by_release in report.by_client.items()
            for release, leakage in by_release.items()
        ],
    )


def cost_table(report: RecordedReport) -> Table:
    """Return size and performance by each release."""
    metric = report.material.split.test.task.metric
    return Table(
        title="Cost and use",
        note=f"Bytes are a mean over clients and rounds. {metric.capitalize()} is that of the global model after the "
        "last round, its updates averaged by how many records each client holds, with 95% intervals over test "
        "records; it trained without a release until then.",
        columns=("defence", "bytes of an update", "compression ratio", metric),
        rows=[
            (
                release,
                f"{report.observations.sizes[release]:,.0f}",
                significant(report.ratio(release), 4),
                _performance(report, release, 4),
            )
            for release in report.leakage
        ],
    )


def bound_table(report: RecordedReport) -> Table:
    """Return what coins prove of epsilon, by client and release."""
    delta, (members, non_members) = write_shortest(report.spec.delta), GUESSED
    return Table(
        title="Epsilon lower bounds",
        note="The recording says that a fair coin of its own put each of these records into the client's data or left "
        f"it out; if that is true, no claim of a smaller epsilon at delta {delta} could be, at 95% "
        f"confidence for each row by itself: for one record of the client, all recorded rounds together. By "
        f"{report.signals[0]}, the first signal that was asked for, the {members:.0%} of highest score named members "
        f"and the {non_members:.0%} of lowest named non-members, fixed beforehand (Steinke et al., NeurIPS 2023).",
        columns=(
            "client",
            "defence",
            "coins",
            "correct guesses",
            f"epsilon lower bound (95%), {Unit.RECORD}, at delta {delta}",
        ),
        rows=[
            (
                client,
                release,
                f"{found.guesses.candidates:,}",
                f"{found.guesses.correct:,} of {found.guesses.guesses:,}",
                as_lower_bound(found.bound.epsilon),
            )
            for client, by_release in report.bounds.items()
            for release, found in by_release.items()
        ],
    )


def unsupported(report: RecordedReport) -> Lines:
    """Return which statements of an audit the recording cannot support."""
    return Lines("What this recording cannot say", tuple(_unsupported(report)))


def _unsupported(report: RecordedReport) -> list[str]:
    found, lines = report.candidates, []
    if without := [client for client in found.clients if client not in report.bounds]:
        whose = f" of {', '.join(without[:10])}" if report.bounds else ""
        lines += [
            f"No epsilon lower bound{whose}: nothing says that a fair coin decided which records a client holds.",
            "What tells members from others may be more than membership: a client whose records differ in kind, as of "
            "a skewed partition, is told by that too. All releases meet the same records, so what differs between "
            "them is theirs.",
        ]
    outside = found.judged & ~found.membership
    if elsewhere := int((outside & found.held_elsewhere).sum()):
        lines.append(
            "Non-members are the judged records that the client does not hold. In "
            f"{elsewhere:,} of these {int(outside.sum()):,} pairs of a client and a record, another client holds the "
            "record: the global model may know it, and FedMIA meets its holder among the others, so it tells who holds "
            "a record rather than whether anybody does."
        )
    return [
        *lines,
        "No likelihood ratios (LiRA, RMIA), which need shadow models; leakage may be more than what is measured here.",
        "No most vulnerable records, which need several trainings on the same record.",
        "No as-if epsilon and no deciding experiment, which need trainings on neighbouring data.",
        "No guarantee of the training itself: a recording does not say how clients trained.",
    ]


def _performance(report: RecordedReport, release: str, digits: int) -> str:
    found = report.observations.performance.get(release)
    return "-" if found is None else interval(found, digits)
