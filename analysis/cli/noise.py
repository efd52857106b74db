"""fedsz-privacy noise."""

from pathlib import Path
from typing import Annotated

import typer

from analysis.cli.people import one_line_errors, show_progress


def noise(
    checkpoint: Annotated[Path, typer.Argument(help="A state dict: .safetensors, or saved by torch.save.")],
    before: Annotated[
        Path | None, typer.Option(help="The state that training started from; then the update is studied.")
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="A release to study, such as fedsz:rel=1e-2; repeat it for more.",
            show_default="fedsz at REL 1e-3, 1e-2, 1e-1 and 3e-1",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the run.")] = Path("runs/noise"),
) -> None:
    """Find out whether the error of a release is privacy noise: its distribution, what decides it, what it hides."""
    with one_line_errors():
        from analysis.studies.noise.report import write_noise_report
        from analysis.studies.noise.run import DEFAULT_RELEASES, NoiseSpec, run_noise
        from analysis.studies.noise.verdict import verdict_lines

        spec = NoiseSpec(checkpoint, before, tuple(release or DEFAULT_RELEASES), seed)
        report, folder = run_noise(spec, out, show_progress)
        page = write_noise_report(report, folder)
        for name, study in report.found.items():
            typer.echo(name)
            for line in verdict_lines(study):
                typer.echo(f"  {line}")
        typer.echo(page)
