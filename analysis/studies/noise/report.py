"""The report of a noise study on disk: results, tables, figures, and one page that opens offline."""

from dataclasses import asdict
from pathlib import Path

from analysis.methods.curves.fit_curves import delta_curves
from analysis.methods.noise.sketch import LEAST_ELEMENTS
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import Lines, Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import Row, to_csv
from analysis.studies.command import to_command
from analysis.studies.noise.figures import FIGURES
from analysis.studies.noise.found import NoiseReport
from analysis.studies.noise.run import to_results
from analysis.studies.noise.tables import as_if_table, deciding_table, family_table, fit_rows, scope_table, summary_rows
from analysis.studies.noise.tensor_study import ADJACENCY
from analysis.studies.noise.unstudied import in_words
from analysis.studies.noise.verdict import ADVERSARY, verdict_lines
from fedsz_privacy.core.numbers import write_shortest

__all__ = ["make_page", "summary_rows", "write_noise_report"]


def write_noise_report(report: NoiseReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    curves = {release: delta_curves(study.tensors[study.largest].fit) for release, study in report.found.items()}
    results = to_results(report) | {"as_if_curves": {release: each.to_dict() for release, each in curves.items()}}
    with house_style():
        pictures = to_files({name: draw(report.found) for name, (draw, _) in FIGURES.items()})
    files: dict[str, str | bytes] = {
        "results.json": to_json(results),
        "tables/summary.csv": to_csv(report.summary),
        "tables/fits.csv": to_csv(fit_rows(report)),
        "tables/as_if.csv": to_csv(_by_share(report, "as_if")),
        "tables/decisions.csv": to_csv(_by_share(report, "decisions")),
        **pictures,
    }
    return write_run(folder, make_page(report), files)


def make_page(report: NoiseReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    states = {
        "errors": scope_table(report).in_words("best distribution", "KS best"),
        "dependence": scope_table(report).in_words("R²(e|x)", "R²(e|all values)"),
        "deciding": deciding_table(report).in_words("measured: codes that differ", "measured: advantage"),
        "privacy": as_if_table(report).in_words("as if Laplace: epsilon at delta 0"),
    }
    pictures = {name: Picture(name, FIGURES[name][1], told) for name, told in states.items()}
    verdicts = {release: verdict_lines(study) for release, study in report.found.items()}
    return Page(
        title="Is compression error privacy noise?",
        question="What the error of each release looks like, what decides it, and what it hides.",
        setting=_setting(report),
        conclusion=report.conclusion,
        cover=pictures["errors"],
        body=(
            *(Lines(f"Verdict on {release}", lines) for release, lines in verdicts.items()),
            *(picture for name, picture in pictures.items() if name != "errors"),
            *(make(report) for make in (deciding_table, as_if_table, family_table, scope_table)),
        ),
        closing=(
            *(Lines(release, lines) for release, lines in verdicts.items()),
            *(Lines(title, (line,)) for title, line in _not_studied(report).items()),
        ),
    )


def _by_share(report: NoiseReport, name: str) -> list[Row]:
    """Return one row for each release and size of the difference."""
    return [
        {"release": release, "difference_over_norm": share, **asdict(each)}
        for release, study in report.found.items()
        for share, each in getattr(study, name).items()
    ]


def _not_studied(report: NoiseReport) -> dict[str, str]:
    """Return which tensors were not studied, under a title; it names the releases where they do not agree."""
    alike: dict[str, list[str]] = {}
    for release, study in report.found.items():
        alike.setdefault(in_words(study.unstudied, len(study.tensors) + len(study.unstudied)), []).append(release)
    return {
        "Not studied" if len(alike) == 1 else f"Not studied under {', '.join(releases)}": line
        for line, releases in alike.items()
        if line
    }


def _setting(report: NoiseReport) -> dict[str, str]:
    spec = report.spec
    unchanged = [release for release, study in report.studies.items() if not study]
    return {
        "Studied": f"{spec.checkpoint.name}, {report.elements:,} elements, of which each release "
        f"is studied on those in tensors of {LEAST_ELEMENTS} or more that it changes"
        + (f", as an update from {spec.before.name}" if spec.before else ""),
        **_not_studied(report),
        "Adversary": ADVERSARY,
        "Adjacency": ADJACENCY,
        **({"Releases that change nothing that can be studied": ", ".join(unchanged)} if unchanged else {}),
        "Delta": f"{write_shortest(spec.delta)}, of every epsilon but those that say delta 0",
        "Seed": str(spec.seed),
        "Command": to_command("noise", spec),
    }
