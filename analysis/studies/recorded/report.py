"""The report of an audit of recorded updates: results, tables, figures and page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from torch.nn.modules.batchnorm import _BatchNorm

from analysis.methods.leakage.membership import Leakage
from analysis.reporting.canvas import Canvas
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.numbers import count, interval
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import to_csv
from analysis.studies.audit.presentation.tables import fits_table
from analysis.studies.audit.report import CAPTIONS
from analysis.studies.audit.results import fit_rows
from analysis.studies.command import to_command
from analysis.studies.recorded.figures import (
    by_client,
    by_round,
    leakage_against_ratio,
    noise_histograms,
    roc_curves,
)
from analysis.studies.recorded.found import RecordedReport
from analysis.studies.recorded.material import find_code
from analysis.studies.recorded.results import leakage_rows, summary_rows, to_results
from analysis.studies.recorded.tables import (
    bound_table,
    client_table,
    closing_table,
    cost_table,
    difference_table,
    leakage_table,
    unsupported,
)
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit

__all__ = ["FIGURES", "describe", "make_page", "summary_rows", "write_recorded"]


FIGURES: Mapping[str, tuple[Callable[[RecordedReport], Canvas], str]] = MappingProxyType(
    {
        "roc": (roc_curves, CAPTIONS["roc"]),
        "leakage_against_ratio": (leakage_against_ratio, CAPTIONS["leakage_against_ratio"]),
        "by_client": (by_client, "Those who leak most are above. Intervals are over records."),
        "by_round": (by_round, "Each round by itself; the tables add up all rounds of a client."),
        "noise": (noise_histograms, CAPTIONS["noise"]),
    }
)
"""The figures with their captions, by the name of their file."""


def write_recorded(report: RecordedReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    with house_style():
        drawn = to_files({name: FIGURES[name][0](report) for name in _shown(report)})
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        "tables/summary.csv": to_csv(summary_rows(report)),
        "tables/leakage.csv": to_csv(leakage_rows(report)),
        "tables/noise.csv": to_csv(fit_rows(report.noise)),
        **drawn,
    }
    return write_run(folder, make_page(report), files)


def make_page(report: RecordedReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    pictures = {name: Picture(name, FIGURES[name][1], _told(report, name)) for name in _shown(report)}
    closing = closing_table(report)
    bounds = (bound_table(report),) if report.bounds else ()
    return Page(
        title="Audit of recorded updates",
        question="What each release of updates that clients trained already gives away.",
        setting=describe(report),
        conclusion=report.conclusion,
        cover=pictures["leakage_against_ratio"],
        body=(
            closing,
            *bounds,
            leakage_table(report),
            pictures["roc"],
            difference_table(report),
            *((client_table(report), pictures["by_client"]) if "by_client" in pictures else ()),
            *((pictures["by_round"],) if "by_round" in pictures else ()),
            cost_table(report),
            *((fits_table(report.noise), pictures["noise"]) if "noise" in pictures else ()),
            unsupported(report),
        ),
        closing=(closing, *bounds, unsupported(report)),
    )


def describe(report: RecordedReport) -> dict[str, str]:
    """Return what was audited, as pairs of a term and what it was."""
    spec, manifest, found = report.spec, report.material.manifest, report.candidates
    judged = found.judged
    members = int(found.membership[judged].sum())
    source = f"recording {spec.recording}" if spec.recording else f"files {spec.before} and {spec.after}"
    normed = any(isinstance(layer, _BatchNorm) for layer in report.material.model.modules())
    return {
        "Updates": f"{source}: {count(len(report.rounds), 'round')}, {count(len(found.clients), 'client')} attacked",
        "Data and model": f"{manifest.data} ({report.material.split.train.task.name}); {manifest.model}, "
        f"{report.update_bytes:,} bytes an update",
        "Members and non-members": f"{members:,} scores of members and {int(judged.sum()) - members:,} of non-members, "
        f"of {len(found.records):,} records: the training records that a client holds, and those that it does not",
        "How models are judged": "in evaluation mode"
        + (": batch normalisation uses the running statistics that the client sent" if normed else ""),
        "Adversary": "sees every recorded update as it was released, who sent it, and the global state before it; "
        "knows the architecture, the records and the release; has no shadow models",
        "Unit of privacy": f"of what is measured, {Unit.RECORD} (example) of a client, added or removed; of what is "
        "guaranteed, that of its column",
        "Delta": f"{write_shortest(spec.delta)}, of every epsilon",
        "Seed": str(spec.seed),
        "Command": to_command("audit-updates", spec) + (" --trust-imports" if find_code(manifest, spec) else ""),
        **({"To know": "; ".join(report.notices)} if report.notices else {}),
    }


def _shown(report: RecordedReport) -> list[str]:
    """Return the names of the figures that say something: a comparison of one client, or of one round, does not."""
    compared = {"by_client": len(report.by_client), "by_round": len(report.by_round)}
    compared["noise"] = 2 if any(study and study.scopes for study in report.noise.values()) else 0
    return [name for name in FIGURES if compared.get(name, 2) > 1]


def _told(report: RecordedReport, name: str) -> str:
    """Return what a figure shows of what was measured, in words."""
    if name == "noise":
        return fits_table(report.noise).in_words("best distribution", "KS best")
    if name == "by_client":
        return client_table(report).in_words("AUC")
    if name == "by_round":
        found = report.by_round.items()
        rounds = (f"round {number}: {_aucs(by_release)}" for number, by_release in found)
        return "; ".join(rounds)
    return leakage_table(report).in_words("AUC")


def _aucs(by_release: Mapping[str, Leakage]) -> str:
    return ", ".join(f"{release} AUC {interval(found.auc)}" for release, found in by_release.items())
