"""The tables of an audit's report: verdicts, costs, and the noise."""

import math
from collections.abc import Mapping, Sequence

from analysis.methods.curves.neighbours import adjacency
from analysis.methods.curves.privacy_curves import AsIf
from analysis.methods.guarantee import Guarantee, note_of_claims
from analysis.methods.lower_bounds import EpsilonBound
from analysis.reporting.numbers import interval, significant
from analysis.reporting.table import Table
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.presentation.leakage_tables import strictest_rate, tpr
from analysis.studies.audit.presentation.others import note_of_others
from analysis.studies.audit.run import AuditReport
from analysis.studies.audit.verdict import Verdict
from analysis.studies.noise.cells import as_if_cells, decision_cells, distance_cells
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.units import NOT_FOR_THIS, cells, headings, note_of_units, units_of
from fedsz_privacy.defences.grammar import write_shortest
from fedsz_privacy.defences.proof import Unit


def closing_table(report: AuditReport) -> Table:
    """Return the table that an audit ends with: one row for each defence."""
    rate = strictest_rate(report)
    units = units_of(verdict.guarantee for verdict in report.verdicts.values())
    return Table(
        title="What each defence gives away",
        note=f"Adversary {report.spec.adversary}: sees {report.spec.sees.sees}. Measured by the strongest signal, "
        f"{report.strongest.name}, chosen on other trials than it measures, with 95% intervals. An as-if figure "
        "describes the error; it protects nobody: the median of the neighbour pairs, their least and greatest in "
        "brackets."
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
                f"{verdict.epsilon_lower_bound.epsilon:.2f}",
                interval(verdict.strongest[RECORDS].auc),
                interval(verdict.strongest[VULNERABLE].auc),
                tpr(verdict.strongest[RECORDS], rate),
                significant(report.ratio(name), 4),
                interval(report.performance(name)),
            )
            for name, verdict in report.verdicts.items()
        ],
    )


def verdict_table(report: AuditReport) -> Table:
    """Return guarantee, as-if description and measurement of each defence, in words."""
    rate = strictest_rate(report)
    units = units_of(verdict.guarantee for verdict in report.verdicts.values())
    return Table(
        title="Verdict",
        note="Columns of three standings. A guarantee is a theorem and holds for every adversary of its kind. "
        "An as-if figure is what would hold if the error were independent noise of a distribution fitted to each "
        "tensor: the median of the neighbour pairs, their least and greatest in brackets. A measurement is what one "
        "attack achieved: leakage is at least that. An epsilon lower bound (95%): no claim of a smaller epsilon at "
        f"that delta could be true, at 95% confidence, for one record added or removed.{note_of_others(report)}",
        columns=(
            "defence",
            *(f"guaranteed for {unit}" for unit in units),
            "as if (a description)",
            f"measured ({report.strongest.name})",
        ),
        rows=[
            (name, *_guaranteed(verdict.guarantee, units), _as_if(verdict.as_if), _measured(verdict, rate))
            for name, verdict in report.verdicts.items()
        ],
    )


def cost_table(report: AuditReport) -> Table:
    """Return size and performance of each defence."""
    metric = report.game.pool.task.metric
    return Table(
        title="Cost and use",
        note=f"Means over trials. {metric.capitalize()} is that of the model which the adversary's last look shows, on "
        "test records, with its 95% t interval over trials.",
        columns=("defence", "bytes of an update", "compression ratio", metric),
        rows=[
            (
                name,
                f"{report.nbytes(name):,.0f}",
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
        "Kolmogorov-Smirnov distance, from 0 to 1; W1 is the Wasserstein-1 distance, in error bounds (pooled: "
        "deviations). R²(e|x) is the share of the error's variance that an element's own value decides, not "
        "resolvable where there are nearly as many codes as elements; R²(e|all values) is the share that the whole "
        "update decides, which comes back when it is released again (pooled: means over tensors). Elements that no "
        "update touched are left out.",
        columns=("defence", "tensor", "elements", "best distribution", "KS best", "KS uniform", "KS Laplace",
                 "KS normal", "W1 uniform", "W1 Laplace", "W1 normal", "R²(e|x)", "R²(e|all values)"),
        rows=[
            (name, scope, f"{fit.elements:,}", fit.best.family, f"{fit.best.ks:.3f}", *distance_cells(fit),
             fit.dependence.explained_as(".3f"), f"{study.decided[scope]:z.3f}")
            for name, study in noise.items()
            if study
            for scope, fit in study.scopes.items()
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


def _guaranteed(stated: Guarantee, units: Sequence[Unit]) -> tuple[str, ...]:
    """Return a guarantee in the column of its unit; none is said of the unit that was measured."""
    nothing = math.isinf(stated.epsilon)
    head = "none, epsilon = ∞ at delta" if nothing else f"epsilon {significant(stated.epsilon)} at delta"
    chosen = units[0] if nothing else stated.unit
    return tuple(
        f"{head} {write_shortest(stated.delta)}: {stated.reason}" if unit is chosen else NOT_FOR_THIS for unit in units
    )


def _as_if(described: AsIf | None) -> str:
    if described is None:
        return "no error that could be described"
    laplace, gaussian, uniform = as_if_cells(described)
    return (
        f"one record moves {described.coordinates:,} coordinates by {significant(described.l1)} in L1 and "
        f"{significant(described.l2)} in L2; independent Laplace noise would give epsilon {laplace} at delta 0, "
        f"Gaussian noise {gaussian} at delta {write_shortest(described.delta)}, uniform noise delta {uniform} at any "
        "epsilon"
    )


def _measured(verdict: Verdict, rate: float) -> str:
    average, exposed = verdict.strongest[RECORDS], verdict.strongest[VULNERABLE]
    return (
        f"{_lower_bound(verdict.epsilon_lower_bound)}; average record: AUC {interval(average.auc)}, TPR "
        f"{tpr(average, rate)} at FPR {rate:g}; {VULNERABLE}: AUC {interval(exposed.auc)}{_white_box(verdict)}"
    )


def _white_box(verdict: Verdict) -> str:
    if not (bounds := verdict.record_canary_bounds):
        return ""
    first = bounds[0]
    return (
        f"; by canaries ({first.canaries}), for {first.unit}: {_lower_bound(first.bound)}, which rejects "
        f"{first.rejects}"
    )


def _lower_bound(bound: EpsilonBound) -> str:
    return f"epsilon lower bound ({bound.confidence:.0%}) {bound.epsilon:.2f} at delta {write_shortest(bound.delta)}"
