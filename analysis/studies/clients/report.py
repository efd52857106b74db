"""The report of an audit of whole clients: results, tables, figure and page."""

from dataclasses import asdict
from pathlib import Path

from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.numbers import count
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import Row, to_csv, with_interval
from analysis.studies.audit.results import leakage_row, statistic_rows
from analysis.studies.clients.figure import clients_figure
from analysis.studies.clients.found import ClientsReport
from analysis.studies.clients.tables import (
    by_signal,
    client_canary_table,
    closing_table,
    difference_table,
    guarantee_table,
    leakage_table,
    strictest_rate,
    strongest,
)
from analysis.studies.command import to_command
from analysis.studies.questions import to_plain
from analysis.studies.training_words import training_words
from analysis.studies.units import guaranteed_row, units_of
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.proof import Unit

CAPTION = (
    "Epsilons of this figure are for one client. A lower bound above what is guaranteed would say, at 95% confidence "
    "for each bound by itself, that the code does not do what the theorem is about."
)

GROUP = "clients"


def write_clients(report: ClientsReport, folder: RunFolder) -> Path:
    """Write results.json, tables, the figure and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({"clients": clients_figure(report)})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(report.summary),
        "tables/leakage.csv": to_csv(leakage_rows(report)),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def make_page(report: ClientsReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    closing = closing_table(report)
    canaries = (client_canary_table(report),) if report.spec.client_canaries else ()
    return Page(
        title="Privacy audit of whole clients",
        question="What each defence gives away of who took part.",
        setting=describe(report),
        conclusion=report.conclusion,
        cover=Picture("clients", CAPTION, ". ".join(report.conclusion)),
        body=(
            closing,
            *canaries,
            guarantee_table(report),
            leakage_table(report),
            difference_table(report),
        ),
        closing=(closing, *canaries),
    )


def describe(report: ClientsReport) -> dict[str, str]:
    """Return what was audited, as pairs of a term and what it was."""
    spec, game = report.spec, report.game
    return {
        "Data and model": f"{spec.data} ({game.pool.task.name}); {spec.model}, {nbytes(game.state):,} bytes an update",
        "Federation": f"{spec.clients} clients of {count(spec.client_records, 'record')} each, each in or out by a "
        f"coin; the global state that they start from was made by {count(spec.earlier_clients, 'other')} in "
        f"{count(spec.rounds, 'round')}",
        "Game": f"{spec.trials} trials of {count(spec.target_rounds, 'round')}; who is out sends an update of zeros, "
        "so that no denominator tells who is in",
        "Training": training_words(spec, spec.defences),
        "Adversary": f"{spec.adversary}: sees {spec.get_adversary().sees}; knows what each client holds, how it "
        "trains, and the global state before; trains shadow federations under the same defence",
        "Unit of privacy": f"of what is measured, {Unit.CLIENT}, there or not; of what is guaranteed, that of its "
        "column",
        "Delta": f"{write_shortest(spec.delta)}, of every epsilon",
        "Seed": str(spec.seed),
        "Command": to_command("audit-clients", spec),
        **({"To know": "; ".join(report.notices)} if report.notices else {}),
    }


def to_results(report: ClientsReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": to_plain("audit-clients", report.spec),
        "metric": report.game.pool.task.metric,
        "metric_scale": report.game.pool.task.scale.value,
        "measured_unit": Unit.CLIENT,
        "strongest_signal": report.strongest.name,
        "defences": [_defence(report, name) for name in report.spec.defences],
    }


def summary_rows(report: ClientsReport) -> list[Row]:
    """Return one row for each defence: guaranteed, measured, and what it costs."""
    units = units_of(report.guarantees.values(), Unit.CLIENT)
    return [
        {
            "defence": name,
            **guaranteed_row(report.guarantees[name], units),
            "measured_unit": Unit.CLIENT,
            "measured_epsilon_lower_bound": report.lower_bounds[name].epsilon,
            "measured_signal": report.strongest.name,
            **leakage_row(strongest(report, name), strictest_rate(report)),
            "ratio": report.ratio(name),
            **with_interval("bytes", report.size(name)),
            **with_interval("performance", report.performance(name)),
        }
        for name in report.spec.defences
    ]


def leakage_rows(report: ClientsReport) -> list[Row]:
    """Return one row for each defence, signal and statistic, with interval and paired difference."""
    return [
        row
        for defence, found in by_signal(report).items()
        for signal, leakage in found.items()
        for row in statistic_rows(defence, GROUP, signal, leakage)
    ]


def _defence(report: ClientsReport, name: str) -> dict[str, object]:
    size, performance = report.size(name), report.performance(name)
    return {
        "name": name,
        "guarantee": report.guarantees[name].to_dict(),
        "epsilon_lower_bound": asdict(report.lower_bounds[name]) | {"unit": Unit.CLIENT},
        "canary_bounds": [asdict(bound) for bound in report.canaries[name]],
        "leakage": {signal: asdict(leakage) for signal, leakage in report.leakage[name].items()},
        "ratio": report.ratio(name),
        "bytes": size.value,
        "bytes_interval": [size.low, size.high],
        "performance": performance.value,
        "performance_interval": [performance.low, performance.high],
    }
