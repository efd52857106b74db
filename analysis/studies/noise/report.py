"""The report of a noise study on disk: results, tables, figures, and one page that opens offline."""

from dataclasses import asdict
from pathlib import Path

from analysis.methods.curves.fit_curves import delta_curves
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import render_page, to_png
from analysis.reporting.style import house_style
from analysis.reporting.table import to_csv
from analysis.studies.noise.figures import FIGURES
from analysis.studies.noise.run import NoiseReport, to_results
from analysis.studies.noise.tables import as_if_table, deciding_table, family_table, fit_rows, scope_table
from analysis.studies.noise.tensor_study import ADJACENCY
from analysis.studies.noise.verdict import ADVERSARY, verdict_lines


def write_noise_report(report: NoiseReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and report.html to a run's folder, and return the path of the last."""
    curves = {release: delta_curves(study.tensors[study.largest].fit) for release, study in report.found.items()}
    results = to_results(report) | {"as_if_curves": {release: each.to_dict() for release, each in curves.items()}}
    folder.write("results.json", to_json(results))
    folder.write("tables/fits.csv", to_csv(fit_rows(report)))
    for name in ("as_if", "decisions"):
        rows = [
            {"release": release, "difference_over_norm": share, **asdict(each)}
            for release, study in report.found.items()
            for share, each in getattr(study, name).items()
        ]
        folder.write(f"tables/{name}.csv", to_csv(rows))
    with house_style():
        pictures = {name: (to_png(draw(report.found)), caption) for name, (draw, caption) in FIGURES.items()}
    for name, (png, _) in pictures.items():
        folder.write(f"figures/{name}.png", png)
    page = render_page(
        "studies/noise/noise.html.j2",
        pictures,
        title="Is compression error privacy noise?",
        question="What the error of each release looks like, what decides it, and what it hides.",
        setting=_setting(report),
        verdicts=[{"release": release, "lines": verdict_lines(study)} for release, study in report.found.items()],
        tables=[maker(report) for maker in (deciding_table, as_if_table, family_table, scope_table)],
    )
    return folder.write("report.html", page)


def _setting(report: NoiseReport) -> dict[str, str]:
    spec = report.spec
    unchanged = [release for release, study in report.studies.items() if not study]
    return {
        "Studied": f"{spec.checkpoint.name}, {report.elements:,} elements"
        + (f", as an update from {spec.before.name}" if spec.before else ""),
        "Adversary": ADVERSARY,
        "Adjacency": ADJACENCY,
        "Releases that change nothing that can be studied": ", ".join(unchanged) or "-",
        "Seed": str(spec.seed),
    }
