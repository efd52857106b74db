"""What a run's results.json and its tables hold of audits over several seeds."""

from collections.abc import Mapping
from dataclasses import asdict

from analysis.methods.leakage.membership import Leakage
from analysis.methods.over_seeds import Spread
from analysis.reporting.table import Row, with_interval
from analysis.studies.audit.results import statistics
from analysis.studies.questions import to_plain
from analysis.studies.seeds.audit_found import DefenceFound, of_group, weakest
from analysis.studies.seeds.found import Compared, Pick, SeedsReport
from analysis.studies.seeds.tables import (
    attack_bound,
    strictest_statistic,
)
from analysis.studies.units import guaranteed_row, units_of


def to_results(report: SeedsReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": to_plain(report.audits.command, report.spec),
        "metric": report.found[0].metric,
        "measured_unit": report.audits.unit,
        "strongest_signals": [each.strongest_signal for each in report.found],
        "defences": [_defence(report, name) for name in report.spec.defences],
    }


def summary_rows(report: SeedsReport) -> list[Row]:
    """Return one row for each defence: means over seeds, and of lower bounds the median with the range."""
    stated = {name: weakest(report.of(name)) for name in report.spec.defences}
    units, strictest = units_of(stated.values(), report.audits.unit), strictest_statistic(report)
    return [
        {
            "defence": name,
            **guaranteed_row(stated[name], units),
            "measured_unit": report.audits.unit,
            **_spread(report.spread(name, attack_bound)),
            "measured_signal": report.strongest,
            **with_interval("measured_auc", report.average(name)["auc"].mean),
            **with_interval("measured_auc_difference", report.average(name)["auc"].difference),
            **_exposed(report, name),
            **with_interval(f"measured_{strictest.replace(' ', '_')}", report.average(name)[strictest].mean),
            **with_interval("ratio", report.mean(name, lambda each: each.ratio)),
            **with_interval("bytes", report.mean(name, lambda each: each.bytes)),
            **with_interval("performance", report.performance(name)),
        }
        for name in report.spec.defences
    ]


def mean_rows(report: SeedsReport) -> list[Row]:
    """Return one row for each defence, group, signal and statistic: the mean over seeds, and the paired difference."""
    return [
        {
            "defence": name,
            "group": group,
            "signal": signal,
            "statistic": statistic,
            **{part: getattr(found.mean, part) for part in ("value", "low", "high")},
            **{f"difference_{part}": getattr(found.difference, part) for part in ("value", "low", "high")},
        }
        for name in report.spec.defences
        for group, signal, pick in _picks(report)
        for statistic, found in report.leakage(name, pick).items()
    ]


def seed_rows(report: SeedsReport) -> list[Row]:
    """Return one row for each seed, defence, group, signal and statistic."""
    return [
        {
            "seed": seed,
            "defence": each.name,
            "group": group,
            "signal": signal,
            "statistic": statistic,
            "value": estimate.value,
            "difference": difference.value,
        }
        for seed, found in zip(report.spec.seeds, report.found, strict=True)
        for each in found.defences
        for group, signal, pick in _picks(report)
        for statistic, estimate, difference in statistics(pick(each))
    ]


def _exposed(report: SeedsReport, name: str) -> Row:
    found = report.exposed(name)
    return with_interval("measured_auc_vulnerable", found["auc"].mean) if found else {}


def _spread(found: Spread) -> Row:
    return {f"measured_epsilon_lower_bound_{part}": value for part, value in asdict(found).items()}


def _picks(report: SeedsReport) -> list[tuple[str, str, Pick]]:
    groups = report.found[0].defences[0].groups
    return [(group, signal, _pick(group, signal)) for group, by_signal in groups.items() for signal in by_signal]


def _pick(group: str, signal: str) -> Pick:
    def pick(found: DefenceFound) -> Leakage:
        return found.groups[group][signal]

    return pick


def _defence(report: SeedsReport, name: str) -> dict[str, object]:
    found = report.of(name)
    return {
        "name": name,
        "guarantee": weakest(found).to_dict(),
        "as_if": [asdict(each.as_if) if each.as_if else None for each in found],
        "ratio": asdict(report.mean(name, lambda each: each.ratio)),
        "bytes": asdict(report.mean(name, lambda each: each.bytes)),
        "performance": asdict(report.performance(name)),
        "epsilon_lower_bounds": [attack_bound(each) for each in found],
        "canary_bounds": [[asdict(each) for each in bounds] for bounds in report.canaries(name)],
        "strongest": {group: _plain(report.leakage(name, of_group(group))) for group in found[0].strongest},
    }


def _plain(found: Mapping[str, Compared]) -> dict[str, object]:
    return {statistic: asdict(each) for statistic, each in found.items()}
