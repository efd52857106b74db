"""The tables of a bench: for people, and as rows of numbers."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path

from analysis.reporting.numbers import significant
from analysis.reporting.table import Row, Table
from analysis.studies.bench.found import BenchReport
from analysis.studies.bench.measure import BenchRow, RepeatedRate
from fedsz_privacy.core.numbers import write_number


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


def summary_rows(report: BenchReport) -> list[Row]:
    """Return one row for each measurement, nothing rounded; rates are medians, with least and greatest."""
    return [_flat(row) for row in report.rows]


def note_of_first(checkpoints: Mapping[str, None]) -> str:
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
