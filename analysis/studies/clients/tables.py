"""The tables of an audit of whole clients; every epsilon that was measured is one for one client."""

from analysis.methods.guarantee import note_of_claims
from analysis.methods.leakage.membership import Leakage, guessed_advantage
from analysis.reporting.numbers import as_lower_bound, interval, significant
from analysis.reporting.table import Table
from analysis.studies.audit.presentation.canary_table import canary_table
from analysis.studies.audit.presentation.leakage_tables import differences_table, intervals_over, signals_table, tpr
from analysis.studies.clients.found import ClientsReport
from analysis.studies.spec import REFERENCE
from analysis.studies.units import cells, headings, note_of_units, reasons_table, units_of
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit


def closing_table(report: ClientsReport) -> Table:
    """Return the table that the command ends with: one row for each defence."""
    rate, metric = strictest_rate(report), report.game.pool.task.metric
    units = units_of(report.guarantees.values(), Unit.CLIENT)
    return Table(
        title="What each defence gives away of whole clients",
        note=f"Adversary {report.spec.adversary}: sees {report.spec.get_adversary().sees}. A coin decides whether a "
        f"client takes part. Measured by the strongest signal, {report.strongest.name}, chosen on other trials than "
        "it measures, with 95% intervals; the epsilon lower bound by the same attacks on clients who train."
        + note_of_units(units)
        + note_of_claims(report.guarantees.values()),
        columns=(
            "defence",
            *headings(units, report.spec.delta),
            f"measured\nepsilon lower\nbound (95%), {Unit.CLIENT}\nat delta {write_shortest(report.spec.delta)}",
            "measured\nAUC",
            f"measured\nTPR at FPR {rate:g}",
            "ratio",
            metric,
        ),
        rows=[
            (
                name,
                *cells(report.guarantees[name], units),
                as_lower_bound(report.lower_bounds[name].epsilon),
                interval(strongest(report, name).auc),
                tpr(strongest(report, name), rate),
                significant(report.ratio(name), 4),
                interval(report.performance(name)),
            )
            for name in report.spec.defences
        ],
    )


def client_canary_table(report: ClientsReport) -> Table:
    """Return what client canaries say of each defence, beside what they could say at most."""
    return canary_table(
        f"Client canaries, for {Unit.CLIENT}",
        f"Adversary {report.spec.adversary}. A canary is a client whose update is far longer than any clip norm, "
        "along a direction of its own (Andrew et al., ICLR 2024). A lower bound (95%) rejects the mechanisms that its "
        "row names, and no others. The ceiling is the bound if every coin had been guessed right. This canary in this "
        "view: its epsilon in what the adversary sees, not known behind a release that loses something. The confidence "
        "is exact where coins are independent; among clients, and behind such a release, one canary's score depends on "
        "others' coins a little, and it is nearly exact.",
        Unit.CLIENT,
        report.spec.delta,
        {name: (report.guarantees[name], bounds) for name, bounds in report.canaries.items()},
    )


def guarantee_table(report: ClientsReport) -> Table:
    """Return what is guaranteed under each defence, and why."""
    note = "Theorems, over all rounds; nothing here is measured."
    return reasons_table(report.guarantees, note, report.spec.delta, Unit.CLIENT)


def leakage_table(report: ClientsReport) -> Table:
    """Return every signal's statistics under each defence."""
    members = int(report.trials.membership.sum())
    return signals_table(
        "Measured leakage of the average client",
        f"Adversary {report.spec.adversary}. 95% percentile bootstrap intervals are "
        f"{intervals_over('trial', report.spec.trials, 'client', report.spec.clients)}.",
        by_signal(report),
        guessed_advantage(members, report.trials.membership.size - members),
    )


def difference_table(report: ClientsReport) -> Table:
    """Return how each defence differs from none, and what the run could have seen."""
    return differences_table("Paired on the same trials and resamples.", by_signal(report), strictest_rate(report))


def strictest_rate(report: ClientsReport) -> float:
    """Return the smallest false positive rate that the run resolves."""
    return min(strongest(report, REFERENCE).tpr_at_fpr)


def strongest(report: ClientsReport, defence: str) -> Leakage:
    """Return what the strongest signal found under a defence."""
    return report.leakage[defence][report.strongest.name]


def by_signal(report: ClientsReport) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of the signals that were asked for, without the strongest under its own name."""
    return {
        defence: {signal: found[signal] for signal in report.spec.signals} for defence, found in report.leakage.items()
    }
