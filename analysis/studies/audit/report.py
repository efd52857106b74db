"""The report of an audit on disk: results, tables, figures, and one page that opens offline."""

from collections.abc import Mapping
from pathlib import Path

from analysis.methods.curves.neighbours import adjacency
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.page import render_page, to_png
from analysis.reporting.style import house_style
from analysis.reporting.table import to_csv
from analysis.studies.audit.presentation.figures import FIGURES
from analysis.studies.audit.presentation.leakage_tables import difference_table, group_table, leakage_table
from analysis.studies.audit.presentation.tables import cost_table, deciding_table, noise_table, verdict_table
from analysis.studies.audit.results import leakage_rows, noise_rows, to_results, verdict_rows
from analysis.studies.audit.run import AuditReport
from analysis.studies.audit.spec import AuditSpec
from analysis.studies.audit.verdict import ALSO_KNOWN
from fedsz_privacy.core.state import nbytes

CAPTIONS = {
    "roc": "A curve on the dotted line names members no better than a guess. A release whose curve runs inside the "
    "pale band of none hides nothing.",
    "tradeoff": "One row for each defence: what attacks measured, the epsilon that is guaranteed beside the least that "
    "the attacks leave possible, what the model is worth, and what an update costs.",
    "leakage_against_ratio": "What an observer learns, against how far each release shrinks an update.",
    "noise": "The same errors seen two ways. Pooled over tensors they mix many scales and can look Laplacian. Within "
    "one tensor a small bound gives nearly uniform errors, a large one gives back the update with its sign turned. "
    "R²(e|x) is the share of the error that the update decides: 0 for independent noise, 1 for none.",
}


def write_report(report: AuditReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and report.html to a run's folder, and return the path of the last."""
    folder.write("results.json", to_json(to_results(report)))
    for name, rows in (("verdict", verdict_rows), ("leakage", leakage_rows), ("noise", noise_rows)):
        folder.write(f"tables/{name}.csv", to_csv(rows(report)))
    pictures = draw(report)
    for name, png in pictures.items():
        folder.write(f"figures/{name}.png", png)
    return folder.write("report.html", render(report, pictures))


def draw(report: AuditReport) -> dict[str, bytes]:
    """Return every figure as a PNG; a figure of errors only where a release makes some."""
    with house_style():
        return {
            name: to_png(figure(report))
            for name, figure in FIGURES.items()
            if name != "noise" or any(study and study.scopes for study in report.noise.values())
        }


def render(report: AuditReport, pictures: Mapping[str, bytes]) -> str:
    """Return the page. The template only lays out what stands here."""
    makers = (
        verdict_table,
        leakage_table,
        group_table,
        difference_table,
        cost_table,
        noise_table,
        deciding_table,
    )
    return render_page(
        "studies/audit/report.html.j2",
        {name: (png, CAPTIONS[name]) for name, png in pictures.items()},
        title="Privacy audit",
        question="What each release of a client's model update gives away.",
        setting=describe(report),
        tables={table.title: table for table in (maker(report) for maker in makers)},
    )


def describe(report: AuditReport) -> dict[str, str]:
    """Return what was audited, as pairs of a term and what it was."""
    spec, game = report.spec, report.game
    return {
        "Data and model": f"{spec.data}; {spec.model}, {nbytes(game.state):,} bytes an update",
        "Federation": f"{spec.clients} clients; the other {spec.clients - 1} ran {spec.rounds} rounds of federated "
        "averaging without compression, then the target joined",
        "Target": f"{spec.trials} trials of {spec.target_rounds} rounds from one global state, each on a random half "
        f"of {spec.candidates} candidate records{_canaries(spec)}; {spec.epochs} epochs of SGD, batch size "
        f"{spec.batch_size}, learning rate {spec.learning_rate:g}",
        "Adversary": f"{spec.adversary}: sees {spec.sees.sees}; knows {ALSO_KNOWN}; trains shadow models through the "
        "same release",
        "Unit of privacy": "one record (example) of the target client, added or removed",
        "Accountant": "dp-accounting's PLD accountant, for defences with a privacy event",
        "Adjacency of as-if figures": f"{adjacency(spec.rule)}; "
        "median of the pairs tried, which bounds no other record",
        "Seed": str(spec.seed),
    }


def _canaries(spec: AuditSpec) -> str:
    return f" and of canaries ({', '.join(spec.canaries)})" if spec.canaries else ""
