"""The report of an audit of scores: results, tables, figures and page."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from analysis.reporting.canvas import Canvas
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.numbers import count
from analysis.reporting.page import Lines, Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import Table, to_csv
from analysis.studies.command import to_command
from analysis.studies.questions import to_plain
from analysis.studies.scores.designs import MEANINGS, Method, doubt
from analysis.studies.scores.figures import auc, differences, roc
from analysis.studies.scores.found import ScoresReport
from analysis.studies.scores.tables import (
    allowed,
    bound_rows,
    bound_table,
    difference_table,
    leakage_rows,
    leakage_table,
    summary_rows,
)
from fedsz_privacy.core.numbers import write_shortest

__all__ = ["figures_of", "make_page", "summary_rows", "tables_of", "to_results", "warnings_of", "write_scores"]


def write_scores(report: ScoresReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({name: draw(report) for name, (draw, _) in figures_of(report).items()})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(report.summary),
        "tables/leakage.csv": to_csv(leakage_rows(report)),
        **({"tables/bounds.csv": to_csv(bound_rows(report))} if report.bounds else {}),
        "report.md": "\n".join([*(table.to_markdown() for table in tables_of(report)), _as_markdown(allowed(report))]),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def to_results(report: ScoresReport) -> dict[str, object]:
    """Return what ``results.json`` holds."""
    table = report.table
    return {
        "spec": to_plain("audit-scores", report.spec),
        "layout": table.layout,
        "scores": len(table.member),
        "members": int(table.member.sum()),
        "runs": table.runs,
        "records": table.records,
        "reference": table.reference,
        "measured": {
            release: {signal: asdict(leakage) for signal, leakage in by_signal.items()}
            for release, by_signal in report.measured.items()
        },
        "methods": [
            {"name": each.name, "printed": isinstance(each, Method), "why": each.why}
            | ({"holds_for": each.about} if isinstance(each, Method) else {})
            for each in report.methods
        ],
        "epsilon_lower_bounds": bound_rows(report),
    }


def figures_of(report: ScoresReport) -> Mapping[str, tuple[Callable[[ScoresReport], Canvas], str]]:
    """Return the figures with their captions, by the name of their file."""
    shown: dict[str, tuple[Callable[[ScoresReport], Canvas], str]] = {
        "roc": (roc, "ROC curves, down to the smallest false positive rate that as many non-members resolve."),
        "auc": (auc, "Each signal's AUC on each release."),
    }
    if report.others:
        shown["differences"] = (differences, "Grey: differences that as many scores find with a probability below 0.8.")
    return shown


def tables_of(report: ScoresReport) -> tuple[Table, ...]:
    """Return the tables, in the order of the page."""
    return (
        leakage_table(report),
        *((difference_table(report),) if report.others else ()),
        *((bound_table(report),) if report.bounds else ()),
    )


def make_page(report: ScoresReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    spec, table = report.spec, report.table
    shown: tuple[Table | Lines, ...] = (*tables_of(report), allowed(report))
    told = leakage_table(report).in_words("AUC")
    pictures = {name: Picture(name, caption, told) for name, (_, caption) in figures_of(report).items()}
    return Page(
        title="An audit of attack scores",
        question="How well the scores name members, how sure that is, and what it proves of epsilon.",
        setting={
            "File": f"{Path(spec.file).name}, in {table.layout}'s layout".replace("'s's", "'s"),
            "Scores": f"{len(table.member):,} of each signal: {int(table.member.sum()):,} of members, "
            f"{report.non_members:,} of non-members; {count(table.runs, 'run')}, {count(table.records, 'record')}",
            "Design": f"{spec.design}: {MEANINGS[spec.design]}" if spec.design else MEANINGS[""],
            "Lower for members": ", ".join(spec.lower) or "no signal",
            "Delta": f"{write_shortest(spec.delta)}, of every epsilon",
            "Seed": str(spec.seed),
            "Command": to_command("audit-scores", spec),
        },
        conclusion=report.conclusion,
        cover=pictures["auc"],
        body=(*shown, *(picture for name, picture in pictures.items() if name != "auc")),
        closing=shown,
        warnings=tuple(warnings_of(report)),
    )


def warnings_of(report: ScoresReport) -> list[str]:
    """Return what a reader must know first."""
    turned = [
        f"signal {signal} of {release}: AUC {leakage.auc.value:.3f} is below guessing; if it was known beforehand that "
        f"it is lower for members, give --lower {signal}"
        for release, by_signal in report.measured.items()
        for signal, leakage in by_signal.items()
        if leakage.auc.high < 0.5
    ]
    doubted = doubt(report.spec.design, report.table)
    return [*turned, *([doubted] if doubted else [])]


def _as_markdown(lines: Lines) -> str:
    return "\n".join([f"# {lines.title}", "", *(f"- {line}" for line in lines.lines), ""])
