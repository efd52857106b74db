"""The conclusion on a compressor in one line, from one row of a bench."""

from pathlib import Path

from analysis.reporting.numbers import significant
from analysis.studies.bench.measure import BenchRow
from analysis.studies.conclusions.defence import size
from fedsz_privacy.core.numbers import write_number


def conclude(row: BenchRow) -> str:
    """Return what a compressor came to at a bound in one line: size, rates and error."""
    kept = "" if row.peak_error is None else f"; greatest error {significant(row.peak_error)} of the bound"
    return (
        f"{row.compressor} at REL {write_number(row.rel)} on {Path(row.checkpoint).name}: {size(row.ratio)}, "
        f"{row.compress.median:,.0f} MB/s to compress, {row.decompress.median:,.0f} MB/s to decompress{kept}"
    )
