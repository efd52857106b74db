"""The report of a bench: one table, one figure, one page, and warnings."""

from dataclasses import asdict
from pathlib import Path

from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import to_csv
from analysis.studies.bench.figure import ratio_and_rate
from analysis.studies.bench.found import BenchReport
from analysis.studies.bench.tables import bench_table, closing_table, note_of_first, summary_rows
from analysis.studies.command import to_command

__all__ = ["make_page", "summary_rows", "write_bench"]


CAPTION = (
    "Left, the lossy part alone at every bound, points of one bound side by side; right, the whole state against the "
    "time that it takes."
)


def write_bench(report: BenchReport, folder: RunFolder) -> Path:
    """Write results.json, the table as CSV and Markdown, figure and page, and return the path of the page."""
    rows = [asdict(row) for row in report.rows]
    notes = "".join(f"\n**Warning.** {line}.\n" for line in report.warnings())
    with house_style():
        pictures = to_files({"bench": ratio_and_rate(report)})
    files: dict[str, str | bytes] = {
        "results.json": to_json(
            {"rows": rows, "outliers": report.outliers, "without_finite_numbers": report.without_numbers}
        ),
        "tables/summary.csv": to_csv(summary_rows(report)),
        "report.md": bench_table(report).to_markdown() + notes,
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def make_page(report: BenchReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    table = bench_table(report)
    checkpoints = dict.fromkeys(Path(row.checkpoint).name for row in report.rows)
    return Page(
        title="Compressors on real weights",
        question="How small, how fast and how exact each compressor is at each bound.",
        setting={"Checkpoints": ", ".join(checkpoints), "Command": to_command("bench", report.spec)},
        conclusion=report.conclusion,
        cover=Picture("bench", CAPTION + note_of_first(checkpoints), ". ".join(report.conclusion)),
        body=(table,),
        closing=(closing_table(report),),
        warnings=tuple(report.warnings()),
    )
