"""The report of several audits on disk: what they say together, beside the folders of each."""

from dataclasses import replace
from pathlib import Path

from analysis.reporting.finished import link_pages, write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import to_csv
from analysis.studies.command import to_command
from analysis.studies.seeds.figure import seeds_figure
from analysis.studies.seeds.found import SeedsReport
from analysis.studies.seeds.results import mean_rows, seed_rows, summary_rows, to_results
from analysis.studies.seeds.run import folder_of
from analysis.studies.seeds.tables import (
    canary_tables,
    closing_table,
    difference_table,
    group_table,
    leakage_table,
)

__all__ = ["make_page", "summary_rows", "write_seeds"]


CAPTION = (
    "A dot for each seed, which has records, a federation and trials of its own; over them their mean with its 95% t "
    "interval."
)


def write_seeds(report: SeedsReport, folder: RunFolder) -> Path:
    """Write results.json, tables, the figure and the page to a run's folder, and return the path of the page."""
    with house_style():
        pictures = to_files({"seeds": seeds_figure(report)})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(summary_rows(report)),
        "tables/means.csv": to_csv(mean_rows(report)),
        "tables/seeds.csv": to_csv(seed_rows(report)),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def make_page(report: SeedsReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    closing = closing_table(report)
    differences = (difference_table(report),) if len(report.spec.defences) > 1 else ()
    return Page(
        title=report.audits.title,
        question=report.audits.question,
        setting=_setting(report),
        conclusion=report.conclusion,
        cover=Picture("seeds", CAPTION, ". ".join(report.conclusion)),
        body=(
            closing,
            *canary_tables(report),
            *((group_table(report),) if report.audits.exposed else ()),
            leakage_table(report),
            *differences,
            link_pages("The audit of each seed", (folder_of(Path(), each) for each in report.spec.seeds)),
        ),
        closing=(closing,),
    )


def _setting(report: SeedsReport) -> dict[str, str]:
    """Return what the first seed's page says of how it was played, with all seeds and all notices."""
    seeds, told = ", ".join(map(str, report.spec.seeds)), "To know"
    notices = dict.fromkeys(each[told] for each in report.settings if told in each)
    common = {term: meaning for term, meaning in report.settings[0].items() if term not in ("Seed", "Command", told)}
    command = f"{to_command(report.audits.command, replace(report.spec.at(report.spec.seed), seed=0))} --seeds {seeds}"
    return {
        **common,
        "Seeds": seeds,
        "Command": command.replace(", ", ","),
        **({told: "; ".join(notices)} if notices else {}),
    }
