"""The tables of several audits: figures over seeds, bounds and descriptions of each run."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low

from analysis.methods.guarantee import note_of_claims
from analysis.methods.leakage.membership import FALSE_POSITIVE_RATES
from analysis.methods.over_seeds import Mean, Spread, spread_over_seeds
from analysis.reporting.numbers import as_lower_bound, difference, interval, significant, significant_interval
from analysis.reporting.table import Table
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.seeds.audit_found import DefenceFound, of_group, weakest
from analysis.studies.seeds.found import Compared, Pick, SeedsReport
from analysis.studies.spec import REFERENCE
from analysis.studies.units import cells, headings, note_of_units, units_of
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit

RATES = {f"tpr at fpr {rate:g}": f"TPR at FPR {rate:g}" for rate in FALSE_POSITIVE_RATES}
STANDING = (
    "Means over seeds with 95% t intervals: records, federation and trials follow the seed, and the interval is that "
    "of the mean over pools of this data set."
)
AS_IF = (
    " An as-if figure describes the error; it protects nobody: the median of the runs, and in brackets the least and "
    "greatest neighbour pair of all."
)


def closing_table(report: SeedsReport) -> Table:
    """Return the table that several audits end with: one row for each defence."""
    audits, strictest = report.audits, strictest_statistic(report)
    delta = f"delta {write_shortest(report.spec.delta)}"
    stated = {name: weakest(report.of(name)) for name in report.spec.defences}
    units = units_of(stated.values(), audits.unit)
    return Table(
        title=f"What each defence gives away, over {len(report.spec.seeds)} seeds",
        note=f"Adversary {report.spec.adversary}: sees {report.spec.get_adversary().sees}. {STANDING} Measured by the "
        f"strongest signal of each run, {report.strongest}. A lower bound is that of one run: the median of the runs, "
        "their least and greatest in brackets; the greatest of several bounds is no 95% bound."
        f"{AS_IF if audits.described else ''}{note_of_units(units)}{note_of_claims(stated.values())}",
        columns=(
            "defence",
            *headings(units, report.spec.delta),
            *(("as if\nepsilon at\ndelta 0",) if audits.described else ()),
            f"measured, per run:\nepsilon lower\nbound (95%), {audits.unit}\nat {delta}",
            "measured\nAUC",
            *(("measured AUC,\nvulnerable",) if audits.exposed else ()),
            f"measured\n{RATES[strictest]}",
            "ratio",
            report.found[0].metric,
        ),
        rows=[
            (
                name,
                *cells(stated[name], units),
                *((as_if_cell(report.of(name)),) if audits.described else ()),
                spread_cell(report.spread(name, attack_bound)),
                interval(report.average(name)["auc"].mean),
                *_cells(report.exposed(name), ("auc",) if audits.exposed else ()),
                interval(report.average(name)[strictest].mean),
                ratio_cell(report.mean(name, lambda each: each.ratio)),
                interval(report.performance(name)),
            )
            for name in report.spec.defences
        ],
    )


def difference_table(report: SeedsReport) -> Table:
    """Return how each defence differs from none, paired within each seed."""
    strictest, exposed = strictest_statistic(report), bool(report.audits.exposed)
    return Table(
        title="Difference to no defence",
        note=f"By the strongest signal, paired within each seed. {STANDING}",
        columns=(
            "defence",
            "AUC minus none",
            *(("AUC minus none, vulnerable",) if exposed else ()),
            f"{RATES[strictest]} minus none",
        ),
        rows=[
            (
                name,
                difference(report.average(name)["auc"].difference),
                *((difference(report.exposed(name)["auc"].difference),) if exposed else ()),
                difference(report.average(name)[strictest].difference),
            )
            for name in report.spec.defences
            if name != REFERENCE
        ],
    )


def canary_tables(report: SeedsReport) -> tuple[Table, ...]:
    """Return what canaries of each run say of each defence, a table for each unit of privacy; none without canaries."""
    played = [(name, bounds) for name in report.spec.defences for bounds in report.canaries(name)]
    by_unit = {unit: [each for each in played if each[1][0].unit is unit] for unit in Unit}
    return tuple(_canary_table(report, unit, rows) for unit, rows in by_unit.items() if rows)


def _canary_table(report: SeedsReport, unit: Unit, played: Sequence[tuple[str, Sequence[CanaryBound]]]) -> Table:
    return Table(
        title=f"{report.audits.canaries}, for {unit}",
        note="Lower bounds (95%) of single runs: the median, the lower of two, with the least and the greatest. The "
        "median is a 95% bound too, for it is wrong only where more than half of the runs are; the greatest is none. "
        "Each rejects the mechanisms that its row names, and no others. The page of each seed says more.",
        columns=(
            "defence",
            "canaries",
            "rejects",
            f"measured, per run:\nepsilon lower\nbound (95%), {unit}\nat delta {write_shortest(report.spec.delta)}",
            f"ceiling of epsilon,\n{unit}\nat delta {write_shortest(report.spec.delta)}",
            "confidence",
        ),
        rows=[_canary_row(name, bounds) for name, bounds in played],
    )


def leakage_table(report: SeedsReport) -> Table:
    """Return every signal's statistics of the average record, or client, under each defence."""
    picks = {signal: _of_signal(report.audits.group, signal) for signal in report.spec.signals}
    return Table(
        title=f"Measured leakage of the {report.audits.average}",
        note=STANDING,
        columns=("defence", "signal", "AUC", "advantage", *RATES.values()),
        rows=[
            (name, signal, *_cells(report.leakage(name, pick), ("auc", "advantage", *RATES)))
            for name in report.spec.defences
            for signal, pick in picks.items()
        ],
    )


def group_table(report: SeedsReport) -> Table:
    """Return the strongest signal's statistics of each group of candidates under each defence."""
    picks = {group: of_group(group) for group in report.found[0].defences[0].strongest}
    return Table(
        title="Average and most vulnerable records",
        note=f"By {report.strongest}. {STANDING}",
        columns=("defence", "group", "AUC", *RATES.values()),
        rows=[
            (name, group, *_cells(report.leakage(name, pick), ("auc", *RATES)))
            for name in report.spec.defences
            for group, pick in picks.items()
        ],
    )


def strictest_statistic(report: SeedsReport) -> str:
    """Return the name of the TPR at the smallest false positive rate that every run resolves."""
    return list(report.average(REFERENCE))[-1]


def attack_bound(found: DefenceFound) -> float:
    """Return what the attacks prove of epsilon."""
    return found.epsilon_lower_bound.epsilon


def spread_cell(spread: Spread) -> str:
    """Return the median of the runs and their range, in nats."""
    median, least, greatest = map(as_lower_bound, (spread.median, spread.least, spread.greatest))
    return f"{median} ({least} to {greatest})"


def as_if_cell(found: list[DefenceFound]) -> str:
    """Return the median over runs of the epsilon as if Laplace, and the range of all pairs of all runs."""
    described = [each.as_if for each in found if each.as_if]
    if len(described) < len(found):
        return "-"
    middle = median_low(each.laplace_epsilon for each in described)
    low, high = (
        min(each.laplace_epsilon_low for each in described),
        max(each.laplace_epsilon_high for each in described),
    )
    return f"{significant(middle, 2)} ({significant(low, 2)} to {significant(high, 2)})"


def ratio_cell(mean: Mean) -> str:
    """Return a compression ratio with its interval; without one where all runs gave the same."""
    if mean.low == mean.high:
        return significant(mean.value, 4)
    return significant_interval(mean, 4)


def _canary_row(name: str, bounds: Sequence[CanaryBound]) -> tuple[str, ...]:
    first = bounds[0]
    return (
        name,
        first.canaries,
        first.rejects,
        spread_cell(spread_over_seeds([each.bound.epsilon for each in bounds])),
        as_lower_bound(max(each.ceiling for each in bounds)),
        "exact" if all(each.exact for each in bounds) else "nearly exact",
    )


def _of_signal(group: str, signal: str) -> Pick:
    return lambda found: found.groups[group][signal]


def _cells(found: Mapping[str, Compared], statistics: Iterable[str]) -> list[str]:
    return [interval(found[each].mean) if each in found else "not resolvable" for each in statistics]
