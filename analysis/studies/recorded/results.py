"""What a run's results.json and its tables hold of an audit of recorded updates."""

from dataclasses import asdict

from analysis.reporting.table import Row, with_interval
from analysis.studies.audit.results import leakage_row, statistic_rows
from analysis.studies.questions import to_plain
from analysis.studies.recorded.found import RecordedReport
from analysis.studies.recorded.tables import (
    strictest_rate,
    unsupported,
)
from analysis.studies.units import guaranteed_row, units_of
from fedsz_privacy.defences.proof import Unit

EVERYBODY = "all clients"


def to_results(report: RecordedReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": to_plain("audit-updates", report.spec),
        "metric": report.material.split.test.task.metric,
        "rounds": list(report.rounds),
        "clients": list(report.candidates.clients),
        "records": len(report.candidates.records),
        "strongest_signal": report.strongest.name,
        "measured_unit": Unit.RECORD,
        "defences": [_release(report, name) for name in report.leakage],
        "notices": list(report.notices),
        "cannot_say": list(unsupported(report).lines),
    }


def summary_rows(report: RecordedReport) -> list[Row]:
    """Return one row for each release: guaranteed, measured, and what it costs."""
    units, signal = units_of(report.guarantees.values()), report.strongest.name
    performance = report.observations.performance
    return [
        {
            "defence": release,
            **guaranteed_row(report.guarantees[release], units),
            "measured_unit": Unit.RECORD,
            "measured_signal": signal,
            **leakage_row(by_signal[signal], strictest_rate(report)),
            "ratio": report.ratio(release),
            "bytes": report.observations.sizes[release],
            **(with_interval("performance", performance[release]) if release in performance else {}),
        }
        for release, by_signal in report.leakage.items()
    ]


def leakage_rows(report: RecordedReport) -> list[Row]:
    """Return one row for each release, group, signal and statistic, with interval and paired difference."""
    strongest = report.strongest.name
    everybody = {release: dict(by_signal) for release, by_signal in report.measured.items()}
    groups = {EVERYBODY: everybody}
    for name, by_release in (
        *report.by_client.items(),
        *((f"round {number}", found) for number, found in report.by_round.items()),
    ):
        groups[name] = {release: {strongest: leakage} for release, leakage in by_release.items()}
    return [
        row
        for group, by_release in groups.items()
        for release, by_signal in by_release.items()
        for signal, leakage in by_signal.items()
        for row in statistic_rows(release, group, signal, leakage)
    ]


def _release(report: RecordedReport, name: str) -> dict[str, object]:
    performance = report.observations.performance.get(name)
    return {
        "name": name,
        "guarantee": report.guarantees[name].to_dict(),
        "ratio": report.ratio(name),
        "bytes": report.observations.sizes[name],
        "performance": performance.value if performance else None,
        "performance_interval": [performance.low, performance.high] if performance else None,
        "leakage": {signal: asdict(leakage) for signal, leakage in report.leakage[name].items()},
        "by_client": {client: asdict(found[name]) for client, found in report.by_client.items()},
        "by_round": {str(number): asdict(found[name]) for number, found in report.by_round.items()},
        "noise": study.to_dict() if (study := report.noise[name]) else None,
        "epsilon_lower_bounds": {client: asdict(found[name]) for client, found in report.bounds.items()},
    }
