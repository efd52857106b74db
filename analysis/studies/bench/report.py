"""The report of a bench: one table, one figure, one page, and a warning for each bound that an outlier sets."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from analysis.reporting.canvas import Canvas, lay_out, new_canvas
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import scaled
from analysis.reporting.numbers import significant
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, label_powers, looks, side_by_side, to_files
from analysis.reporting.table import Row, Table, to_csv
from analysis.reporting.titles import wrapped
from analysis.studies.bench.found import BenchReport
from analysis.studies.bench.measure import BenchRow, RepeatedRate
from analysis.studies.command import to_command
from fedsz_privacy.defences.grammar import write_number

RATIO_TICKS = (1, 2, 3, 5, 10, 20, 40)
ROOM = 0.8
"""Decades over which the points of one bound stand side by side."""

CAPTION = (
    "Left, the lossy part alone at every bound, points of one bound side by side; right, the whole state against the "
    "time that it takes."
)


def closing_table(report: BenchReport) -> Table:
    """Return the table that a bench ends with: one row for each compressor, as the conclusion has them."""
    rows = report.shown
    return Table(
        title=f"{Path(rows[0].checkpoint).name} at REL {write_number(rows[0].rel)}",
        note="Rates in MB/s of the whole pipeline; the page has every checkpoint and bound.",
        columns=("compressor", "ratio", "compress\nMB/s", "decompress\nMB/s", "peak error\n/ bound"),
        rows=[
            (
                row.compressor,
                significant(row.ratio, 4),
                _spread(row.compress),
                _spread(row.decompress),
                _cell(row.peak_error, significant, row),
            )
            for row in rows
        ],
    )


def bench_table(report: BenchReport) -> Table:
    """Return one row for each measurement."""
    return Table(
        title="Compressors side by side",
        note="Ratios are original over compressed bytes. Rates are medians of the whole pipeline in MB/s (1e6 bytes), "
        "with least and greatest. Against entropy: how much longer the lossy streams are than the order-0 entropy of "
        "the quantised values. Kept exactly: tensors that the bound leaves no room, as constant ones, or those of 16 "
        "bits under a bound that they do not resolve.",
        columns=(
            "checkpoint",
            "REL\nbound",
            "compressor",
            "ratio\nwhole state",
            "kept\nexactly",
            "ratio\nlossy part",
            "compress\nMB/s",
            "decompress\nMB/s",
            "peak error\n/ bound",
            "against\nentropy",
        ),
        rows=[
            (
                Path(row.checkpoint).name,
                write_number(row.rel),
                row.compressor,
                significant(row.ratio, 4),
                f"{row.exact} of {row.chosen}",
                _cell(row.lossy_ratio, partial(significant, digits=4), row),
                _spread(row.compress),
                _spread(row.decompress),
                _cell(row.peak_error, significant, row),
                _cell(row.entropy_excess, "{:+.2%}".format, row),
            )
            for row in report.rows
        ],
    )


def ratio_and_rate(report: BenchReport, figure: Canvas | None = None) -> Canvas:
    """Draw ratio against bound, and ratio against compression rate at one bound, for the first checkpoint."""
    name = report.rows[0].checkpoint
    rows = [row for row in report.rows if row.checkpoint == name]
    shown = report.shown[0].rel
    compressors = list(dict.fromkeys(row.compressor for row in rows))
    canvas = new_canvas(figure, 13, 5)
    left, right = lay_out(canvas, 2, 2)
    beside = 10 ** side_by_side(len(compressors), ROOM)
    for compressor, look, place in zip(compressors, looks(len(compressors)), beside, strict=True):
        line = sorted((row.rel * place, row.lossy_ratio or np.nan) for row in rows if row.compressor == compressor)
        left.plot(*zip(*line, strict=True), look.marker, color=look.colour, label=compressor)
        (row,) = (row for row in rows if (row.compressor, row.rel) == (compressor, shown))
        spread = [[row.compress.median - row.compress.low], [row.compress.high - row.compress.median]]
        right.errorbar(
            row.compress.median,
            row.ratio,
            xerr=spread,
            marker=look.marker,
            color=look.colour,
            markersize=scaled(9),
            capsize=scaled(3),
        )
    left.set(xscale="log", yscale="log", xlabel="REL error bound", ylabel="compression ratio of the lossy part")
    left.set_title("The looser the bound, the smaller")
    left.set_yticks(RATIO_TICKS, labels=[str(tick) for tick in RATIO_TICKS])
    left.minorticks_off()
    right.set(xlabel="compression rate (MB/s; bar: least to greatest)", ylabel="compression ratio of the whole state")
    right.set_title(f"At REL {write_number(shown)}; better is up and right")
    right.set(xscale="log", ylim=(0, None))
    label_powers(right.xaxis)
    add_legend(canvas, left.get_legend_handles_labels(), title="compressor")
    canvas.suptitle(f"Compressors on {Path(name).name}")
    return wrapped(canvas)


def write_bench(report: BenchReport, folder: RunFolder) -> Path:
    """Write results.json, the table as CSV and Markdown, figure and page, and return the path of the page."""
    rows = [asdict(row) for row in report.rows]
    notes = "".join(f"\n**Warning.** {line}.\n" for line in report.warnings())
    with house_style():
        pictures = to_files({"bench": ratio_and_rate(report)})
    files: dict[str, str | bytes] = {
        "results.json": to_json({"rows": rows, "outliers": report.outliers}),
        "tables/summary.csv": to_csv(report.summary),
        "report.md": bench_table(report).to_markdown() + notes,
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def summary_rows(report: BenchReport) -> list[Row]:
    """Return one row for each measurement, nothing rounded; rates are medians, with least and greatest."""
    return [_flat(row) for row in report.rows]


def make_page(report: BenchReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    table = bench_table(report)
    checkpoints = dict.fromkeys(Path(row.checkpoint).name for row in report.rows)
    return Page(
        title="Compressors on real weights",
        question="How small, how fast and how exact each compressor is at each bound.",
        setting={"Checkpoints": ", ".join(checkpoints), "Command": to_command("bench", report.spec)},
        conclusion=report.conclusion,
        cover=Picture("bench", CAPTION + _note_of_first(checkpoints), ". ".join(report.conclusion)),
        body=(table,),
        closing=(closing_table(report),),
        warnings=tuple(report.warnings()),
    )


def _note_of_first(checkpoints: Mapping[str, None]) -> str:
    """Return what the caption says where there are several checkpoints: the picture is of the first."""
    others = len(checkpoints) - 1
    return f" Picture and conclusion are of {next(iter(checkpoints))}; the table has {others} more." if others else ""


def _cell(figure: float | None, write: Callable[[float], str], row: BenchRow) -> str:
    """Return a figure of a row's lossy part, or why there is none: no part is lossy, or it has no entropy."""
    if figure is None:
        return "kept exactly" if row.exact == row.chosen else "-"
    return write(figure)


def _spread(rates: RepeatedRate) -> str:
    if rates.low == rates.high:
        return f"{rates.median:,.0f}"
    return f"{rates.median:,.0f} ({rates.low:,.0f} to {rates.high:,.0f})"


def _flat(row: BenchRow) -> Row:
    """Return a measurement without nesting: the parts of a rate in columns of their own."""
    nested = {name: asdict(rates) for name, rates in (("compress", row.compress), ("decompress", row.decompress))}
    rates = {f"{name}_{part}": number for name, parts in nested.items() for part, number in parts.items()}
    return {name: value for name, value in asdict(row).items() if name not in nested} | rates
