"""The machine's copy of a report: plain values and tables, nothing rounded."""

from collections.abc import Mapping
from dataclasses import asdict

from analysis.methods.leakage.membership import STATISTICS, Difference, Estimate, Leakage
from analysis.reporting.table import Row, with_interval
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.measure import RECORDS, VULNERABLE
from analysis.studies.audit.presentation.leakage_tables import strictest_rate
from analysis.studies.audit.verdict import ALSO_KNOWN
from analysis.studies.noise.update_study import NoiseStudy
from analysis.studies.units import guaranteed_row, units_of
from fedsz_privacy.defences.proof import Unit


def to_results(report: AuditReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": asdict(report.spec),
        "metric": report.game.pool.task.metric,
        "metric_scale": report.game.pool.task.scale.value,
        "adversary": {"name": report.spec.adversary, "sees": report.spec.get_adversary().sees, "knows": ALSO_KNOWN},
        "strongest_signal": report.strongest.name,
        "measured_unit": Unit.RECORD,
        "defences": [_defence(report, name) for name in report.spec.defences],
        "frontier": {name: asdict(point) for name, point in report.frontier.points.items()} if report.frontier else {},
    }


def summary_rows(report: AuditReport) -> list[Row]:
    """Return one row for each defence: guaranteed, as if, measured, and what it costs."""
    units = units_of(verdict.guarantee for verdict in report.verdicts.values())
    return [
        {
            "defence": name,
            **guaranteed_row(verdict.guarantee, units),
            **_prefixed("as_if", asdict(verdict.as_if) if verdict.as_if else {}),
            "measured_unit": Unit.RECORD,
            "measured_epsilon_lower_bound": verdict.epsilon_lower_bound.epsilon,
            **_prefixed(
                "canary_epsilon_lower_bound",
                {"unit": bounds[0].unit, **asdict(bounds[0].bound)} if (bounds := verdict.record_canary_bounds) else {},
            ),
            "measured_signal": report.strongest.name,
            **leakage_row(verdict.strongest[RECORDS], strictest_rate(report)),
            **with_interval("measured_auc_vulnerable", verdict.strongest[VULNERABLE].auc),
            "ratio": report.ratio(name),
            **with_interval("bytes", report.size(name)),
            **with_interval("performance", report.performance(name)),
        }
        for name, verdict in report.verdicts.items()
    ]


def leakage_row(found: Leakage, rate: float) -> Row:
    """Return the main figures of one signal's leakage as a part of a row; of true positive rates that at one rate."""
    return {
        **with_interval("measured_auc", found.auc),
        **with_interval("measured_auc_difference", found.auc_difference),
        "measured_auc_difference_detectable": found.auc_difference.detectable,
        **with_interval(f"measured_tpr_at_fpr_{rate:g}", found.tpr_at_fpr[rate]),
    }


def leakage_rows(report: AuditReport) -> list[Row]:
    """Return one row for each defence, group, signal and statistic, with interval and paired difference."""
    return [
        row
        for name, verdict in report.verdicts.items()
        for group, by_signal in verdict.groups.items()
        for signal, leakage in by_signal.items()
        for row in statistic_rows(name, group, signal, leakage)
    ]


def statistic_rows(defence: str, group: str, signal: str, leakage: Leakage) -> list[Row]:
    """Return one row for each statistic of one signal on one group, with interval and paired difference."""
    return [
        {
            "defence": defence,
            "group": group,
            "signal": signal,
            "non_members": leakage.non_members,
            "statistic": statistic,
            **asdict(estimate),
            **_prefixed("difference", asdict(difference)),
        }
        for statistic, estimate, difference in statistics(leakage)
    ]


def noise_rows(report: AuditReport) -> list[Row]:
    """Return one row for each defence, scope (a tensor, or all of them pooled) and family."""
    return fit_rows(report.noise)


def fit_rows(noise: Mapping[str, NoiseStudy | None]) -> list[Row]:
    """Return one row for each defence, scope (a tensor, or all of them pooled) and family."""
    return [
        {
            "defence": name,
            "scope": scope.kind,
            "tensor": scope.tensor,
            "unit": scope.unit,
            "elements": scope.fit.elements,
            "r_squared": scope.fit.r_squared,
            "r_squared_of_all_values": scope.decided,
            **family.to_dict(),
        }
        for name, study in noise.items()
        if study
        for scope in study.scopes
        for family in scope.fit.fits
    ]


def statistics(leakage: Leakage) -> list[tuple[str, Estimate, Difference]]:
    """Return the name of each statistic with its estimate and its difference; rates that are not resolvable lack."""
    measured = (leakage.auc, leakage.advantage, *leakage.tpr_at_fpr.values())
    differences = (leakage.auc_difference, leakage.advantage_difference, *leakage.tpr_difference.values())
    return list(zip(STATISTICS[: len(measured)], measured, differences, strict=True))


def _defence(report: AuditReport, name: str) -> dict[str, object]:
    verdict, study = report.verdicts[name], report.noise[name]
    size, performance = report.size(name), report.performance(name)
    return {
        "name": name,
        "guarantee": verdict.guarantee.to_dict(),
        "as_if": asdict(verdict.as_if) if verdict.as_if else None,
        "ratio": report.ratio(name),
        "bytes": size.value,
        "bytes_interval": [size.low, size.high],
        "performance": performance.value,
        "performance_interval": [performance.low, performance.high],
        "epsilon_lower_bound": asdict(verdict.epsilon_lower_bound),
        "canary_bounds": [asdict(bound) for bound in verdict.canary_bounds],
        "groups": {
            group: {signal: asdict(leakage) for signal, leakage in by_signal.items()}
            for group, by_signal in verdict.groups.items()
        },
        "strongest": {group: asdict(leakage) for group, leakage in verdict.strongest.items()},
        "noise": study.to_dict() if study else None,
    }


def _prefixed(prefix: str, values: Mapping[str, object]) -> dict[str, object]:
    return {f"{prefix}_{key}": value for key, value in values.items()}
