"""The report of a federation: table, figures and page, and for which links compressing pays."""

from dataclasses import asdict
from pathlib import Path

from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import to_csv
from analysis.studies.command import to_command
from analysis.studies.federation.figures import FIGURES
from analysis.studies.federation.found import FederationReport
from analysis.studies.federation.tables import PAYLOADS, guarantee_table, round_rows, summary_rows, summary_table
from analysis.studies.questions import to_plain
from analysis.studies.training_words import training_words
from fedsz_privacy.core.numbers import write_shortest

__all__ = ["make_page", "summary_rows", "to_results", "write_federation"]


def write_federation(report: FederationReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({name: draw(report) for name, (draw, _) in FIGURES.items()})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(summary_rows(report)),
        "tables/rounds.csv": to_csv(round_rows(report)),
        "report.md": summary_table(report).to_markdown(),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def to_results(report: FederationReport) -> dict[str, object]:
    """Return what ``results.json`` holds; an infinite epsilon stands as the string ``"inf"``."""
    return {
        "spec": to_plain("federate", report.spec),
        "metric": report.metric,
        "performance": {name: asdict(each) for name, each in report.performance.items()},
        "performance_minus_none": {name: asdict(each) for name, each in report.changes.items()},
        "guarantees": {name: stated.to_dict() for name, stated in report.guarantees.items()},
        "rounds": round_rows(report),
    }


def make_page(report: FederationReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    spec, summary = report.spec, summary_table(report)
    pictures = {name: Picture(name, caption, ". ".join(report.conclusion)) for name, (_, caption) in FIGURES.items()}
    return Page(
        title="A federation under defences",
        question="What each defence costs in performance, bytes and time, and when compressing pays.",
        setting={
            "Data and model": f"{spec.data}; {spec.model}",
            "Federation": spec.rounds_in_words(report.records),
            "Training": training_words(spec, spec.defences),
            "Sent": f"each client's {PAYLOADS[spec.payload]}, through the release",
            "Unit of privacy": "that of its column: one record (example) of a client, added or removed, or one client",
            "Delta": f"{write_shortest(spec.delta)}, of every epsilon",
            "Seed": str(spec.seed),
            "Command": to_command("federate", spec),
            **({"To know": "; ".join(report.notices)} if report.notices else {}),
        },
        conclusion=report.conclusion,
        cover=pictures["performance"],
        body=(summary, guarantee_table(report), *(each for each in pictures.values() if each.name != "performance")),
        closing=(summary,),
    )
