"""The figure of a bench: ratio and rate of each compressor."""

from pathlib import Path

import numpy as np

from analysis.reporting.canvas import Canvas, lay_out, new_canvas
from analysis.reporting.legends import add_legend
from analysis.reporting.lettering import scaled
from analysis.reporting.powers import label_powers
from analysis.reporting.style import looks, rise_from_zero, side_by_side
from analysis.reporting.titles import wrapped
from analysis.studies.bench.found import BenchReport
from fedsz_privacy.core.numbers import write_number

ROOM = 0.8
"""Decades over which the points of one bound stand side by side."""


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
    right.set(xlabel="compression rate (MB/s; bar: least to greatest)", ylabel="compression ratio of the whole state")
    right.set_title(f"At REL {write_number(shown)}; better is up and right")
    right.set_xscale("log")
    rise_from_zero(right)
    for axis in (left.xaxis, left.yaxis, right.xaxis):
        label_powers(axis)
    add_legend(canvas, left.get_legend_handles_labels(), title="compressor")
    canvas.suptitle(f"Compressors on {Path(name).name}")
    return wrapped(canvas)
