"""fedsz-privacy bench."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.people import one_line_errors, print_table, show_progress

COMPRESSORS = ("nopred", "lorenzo_reg", "interp_lorenzo", "interp", "sz2", "zfp", "quantiser")
BOUNDS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


def bench(
    checkpoint: Annotated[
        list[str] | None,
        typer.Argument(help="Checkpoints: .safetensors, torch.save of a state dict, or efficientnet-lite0."),
    ] = None,
    compressor: Annotated[
        list[str] | None,
        typer.Option(help=f"A compressor; repeat it for more. One of {', '.join(COMPRESSORS)}.", show_default="all"),
    ] = None,
    bound: Annotated[
        list[float] | None, typer.Option(help="A REL bound; repeat it for more.", show_default="1e-1 to 1e-5")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Times that each rate is measured.")] = 5,
    out: Annotated[Path, typer.Option(help="Folder of the run; it must be new or empty.")] = Path("runs/bench"),
) -> None:
    """Measure compressors on real weights: ratio, rate, peak error, distance from entropy."""
    with one_line_errors():
        from analysis.studies.bench.report import bench_table, write_bench
        from analysis.studies.bench.run import BenchSpec, run_bench

        spec = BenchSpec(
            checkpoints=tuple(checkpoint or ["efficientnet-lite0"]),
            compressors=tuple(compressor or COMPRESSORS),
            bounds=tuple(bound or BOUNDS),
            repeats=repeats,
        )
        report, folder = run_bench(spec, out, progress=show_progress)
        page = write_bench(report, folder)
        print_table(bench_table(report))
        for warning in report.warnings():
            typer.echo(f"warning: {warning}", err=True)
        typer.echo(page)
