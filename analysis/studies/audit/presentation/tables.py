"""The tables of an audit's report: what each defence gives away, why, what it costs, and the noise."""

from collections.abc import Mapping

from analysis.methods.curves.neighbours import adjacency
from analysis.methods.guarantee import note_of_claims
from analysis.reporting.numbers import as_lower_bound, interval, significant, whole_interval
from analysis.reporting.table import Table
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.presentation.leakage_tables import strictest_rate, tpr
from analysis.studies.audit.presentation.others import note_of_others
from analysis.studies.noise.cells import as_if_cells, decision_cells, scope_cells
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.units import cells, headings, note_of_units, reasons_table, units_of
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit


def closing_table(report: AuditReport) -> Table:
    """Return the table that an audit ends with: one row for each defence."""
    rate = strictest_rate(report)
    units = units_of(verdict.guarantee for verdict in report.verdicts.values())
    return Table(
        title="What each defence gives away",
        note=f"Adversary {report.spec.adversary}: sees {report.spec.get_adversary().sees}. Measured by the strongest "
        f"signal, {report.strongest.name}, chosen on other trials than it measures, with 95% intervals; a better "
        "attack may find more. At 95% confidence, for each row by itself, no claim of an epsilon below the lower bound "
        "is true. An as-if figure describes the "
        "error; it protects nobody: the median of the neighbour pairs, their least and greatest in brackets."
        + note_of_units(units)
        + note_of_claims(verdict.guarantee for verdict in report.verdicts.values())
        + note_of_others(report),
        columns=(
            "defence",
            *headings(units, report.spec.delta),
            "as if\nepsilon at\ndelta 0",
            f"measured\nepsilon lower\nbound (95%), {Unit.RECORD}\nat delta {write_shortest(report.spec.delta)}",
            "measured\nAUC",
            "measured AUC,\nvulnerable",
            f"measured\nTPR at FPR {rate:g}",
            "ratio",
            report.game.pool.task.metric,
        ),
        rows=[
            (
                name,
                *cells(verdict.guarantee, units),
                as_if_cells(verdict.as_if)[0] if verdict.as_if else "-",
                as_lower_bound(verdict.epsilon_lower_bound.epsilon),
                interval(verdict.strongest[RECORDS].auc),
                interval(verdict.strongest[VULNERABLE].auc),
                tpr(verdict.strongest[RECORDS], rate),
                significant(report.ratio(name), 4),
                interval(report.performance(name)),
            )
            for name, verdict in report.verdicts.items()
        ],
    )


def guarantee_table(report: AuditReport) -> Table:
    """Return what is guaranteed under each defence, and why."""
    note = "Theorems, which hold for every adversary of their kind, whatever was measured." + note_of_others(report)
    return reasons_table({name: each.guarantee for name, each in report.verdicts.items()}, note, report.spec.delta)


def as_if_table(report: AuditReport) -> Table:
    """Return what would hold if the error of each defence were independent noise."""
    return Table(
        title="As if the error were noise",
        note="A description, which protects nobody: what would hold if the error of each tensor were independent noise "
        "of a family fitted to it. Medians of the neighbour pairs, their least and greatest in brackets. Adjacency: "
        f"{adjacency(report.game.training)}.",
        columns=(
            "defence",
            "coordinates\nwith an error",
            "L1 norm of\nthe difference",
            "L2 norm of\nthe difference",
            "as if Laplace\nepsilon at\ndelta 0",
            f"as if Gaussian\nepsilon at\ndelta {write_shortest(report.spec.delta)}",
            "as if uniform\ndelta at\nany epsilon",
        ),
        rows=[
            (
                name,
                f"{described.coordinates:,}",
                significant(described.l1),
                significant(described.l2),
                *as_if_cells(described),
            )
            for name, verdict in report.verdicts.items()
            if (described := verdict.as_if)
        ],
    )


def cost_table(report: AuditReport) -> Table:
    """Return size and performance of each defence."""
    metric = report.game.pool.task.metric
    return Table(
        title="Cost and use",
        note=f"Means over trials, with 95% t intervals. {metric.capitalize()} is that of the model which the "
        "adversary's last look shows, on test records. A ratio is that of the mean sizes.",
        columns=("defence", "bytes of an update", "compression ratio", metric),
        rows=[
            (
                name,
                whole_interval(report.size(name)),
                significant(report.ratio(name), 4),
                interval(report.performance(name), 4),
            )
            for name in report.spec.defences
        ],
    )


def noise_table(report: AuditReport) -> Table:
    """Return the fits of the error of each defence's release, per tensor and pooled."""
    return fits_table(report.noise)


def fits_table(noise: Mapping[str, NoiseStudy | None]) -> Table:
    """Return the fits of errors by defence, per tensor and pooled."""
    return Table(
        title="Noise",
        note="Maximum-likelihood fits; the best distribution has the least BIC. KS is the "
        "Kolmogorov-Smirnov distance, from 0 to 1; W1 is the Wasserstein-1 distance, in error bounds, or in "
        "the largest error seen where a release reports no bound (pooled: deviations). R²(e|x) is the share of the "
        "error's variance that an element's own value decides, not resolvable where there are nearly as many codes as "
        "elements; R²(e|all values) is the share that the whole update decides, which comes back when it is released "
        "again (pooled: means over tensors). Elements are added up over the updates that were studied; those that no "
        "update touched are left out.",
        columns=("defence", "tensor", "elements", "best distribution", "KS best", "KS uniform", "KS Laplace",
                 "KS normal", "W1 uniform", "W1 Laplace", "W1 normal", "R²(e|x)", "R²(e|all values)"),
        rows=[
            (name, *scope_cells(scope))
            for name, study in noise.items()
            if study
            for scope in study.scopes
        ],
    )  # fmt: skip


def deciding_table(report: AuditReport) -> Table:
    """Return whether neighbours decode alike, for each defence whose release changes the update."""
    return Table(
        title="The deciding experiment",
        note=f"Adjacency: {adjacency(report.game.training)}. "
        "Both updates pass the release with the same randomness, and the observer knows both. Differing codes are "
        "decoded values more than one bound apart. The predictions are those of independent "
        "uniform noise of the same width: share |D| / 2 bound, advantage 1 - prod(1 - |D| / 2 bound).",
        columns=("defence", "pairs", "measured: values that differ", "measured: codes that differ",
                 "predicted: codes that differ", "measured: advantage", "predicted: advantage"),
        rows=[
            (name, *decision_cells(study.decision))
            for name, study in report.noise.items()
            if study and study.decision
        ],
    )  # fmt: skip
