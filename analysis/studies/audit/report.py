"""The report of an audit on disk: results, tables, figures, and one page that opens offline."""

from pathlib import Path

from analysis.methods.curves.neighbours import adjacency
from analysis.reporting.finished import write_run
from analysis.reporting.folder import RunFolder, to_json
from analysis.reporting.numbers import count
from analysis.reporting.page import Page, Picture
from analysis.reporting.style import house_style, to_files
from analysis.reporting.table import Table, to_csv
from analysis.studies.audit.found import AuditReport
from analysis.studies.audit.presentation.canary_table import canary_tables
from analysis.studies.audit.presentation.figures import FIGURES
from analysis.studies.audit.presentation.frontier import draw_frontier, frontier_table
from analysis.studies.audit.presentation.leakage_tables import difference_table, group_table, leakage_table
from analysis.studies.audit.presentation.tables import (
    as_if_table,
    closing_table,
    cost_table,
    deciding_table,
    guarantee_table,
    noise_table,
)
from analysis.studies.audit.results import leakage_rows, noise_rows, summary_rows, to_results
from analysis.studies.audit.spec import AuditSpec, Others
from analysis.studies.audit.verdict import ALSO_KNOWN
from analysis.studies.command import to_command
from analysis.studies.training_words import training_words
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.core.state import nbytes
from fedsz_privacy.defences.proof import Unit

__all__ = ["CAPTIONS", "describe", "draw", "make_page", "summary_rows", "write_report"]

OTHERS = {
    Others.SAME: "they train and release as it does",
    Others.NONE: "they still train and release undefended",
}

CAPTIONS = {
    "roc": "A curve on the dotted line names members no better than a guess. A defence whose curve runs inside the "
    "pale band of none is not seen to hide anything here.",
    "tradeoff": "One row for each defence: what attacks measured, the guaranteed epsilon beside the lower bound that "
    "attacks put on it, what the model is worth, and what an update costs.",
    "leakage_against_ratio": "What an observer learns, against how far each defence shrinks an update.",
    "frontier": "Mu compares the update of one client, there or not, with the size of the noise. Filled marks are "
    "guaranteed: their mu is the clip norm over the noise. Hollow ones are as if: theirs is the norm of the update "
    "over it, and so is that of the floor. A deterministic codec is as far left as its error is large, and guarantees "
    "nothing there. The line is the least that independent Gaussian noise of one size costs where each coordinate is "
    "coded by itself; a codec that predicts coordinates from one another can lie below.",
    "noise": "The same errors seen two ways, beside three distributions and the best of all that were fitted; one with "
    "an atom at 0 is not drawn. Pooled over tensors they mix many scales and can look Laplacian. Within "
    "one tensor rounding alone makes them nearly uniform under a small bound; prediction gives them other shapes. "
    "R²(e|x) is the share of the error that an element's own value decides, R²(e|all values) that which the whole "
    "update decides: 0 for independent noise, 1 for none.",
}


def write_report(report: AuditReport, folder: RunFolder) -> Path:
    """Write results.json, tables, figures and the page to a run's folder, and return the path of the page."""
    rows = {"summary": summary_rows, "leakage": leakage_rows, "noise": noise_rows}
    files: dict[str, str | bytes] = {
        "results.json": to_json(to_results(report)),
        **{f"tables/{name}.csv": to_csv(make(report)) for name, make in rows.items()},
        **draw(report),
    }
    return write_run(folder, make_page(report), files)


def draw(report: AuditReport) -> dict[str, str | bytes]:
    """Return every figure as a file, by its path; a figure of errors only where a release makes some."""
    errors = any(study and study.scopes for study in report.noise.values())
    with house_style():
        drawn = {name: figure(report) for name, figure in FIGURES.items() if name != "noise" or errors}
        frontier = {"frontier": draw_frontier(report.frontier)} if report.frontier else {}
        return to_files(drawn | frontier)


def make_page(report: AuditReport) -> Page:
    """Return what the page shows, and what the command ends with."""
    closing, leakage, errors = closing_table(report), leakage_table(report), noise_table(report)
    bits = frontier_table(report.frontier) if report.frontier else None
    pictures = _pictures(report, leakage, errors, bits)
    noise = (
        (errors, as_if_table(report), deciding_table(report), pictures["noise"]) if any(report.noise.values()) else ()
    )
    frontier = (bits, pictures["frontier"]) if bits else ()
    return Page(
        title="Privacy audit",
        question="What each defence of a client's model update gives away.",
        setting=describe(report),
        conclusion=report.conclusion,
        cover=pictures["tradeoff"],
        body=(
            closing,
            guarantee_table(report),
            *canary_tables(report),
            group_table(report),
            leakage,
            pictures["roc"],
            difference_table(report),
            pictures["leakage_against_ratio"],
            cost_table(report),
            *frontier,
            *noise,
        ),
        closing=(closing, *canary_tables(report)),
    )


def describe(report: AuditReport) -> dict[str, str]:
    """Return what was audited, as pairs of a term and what it was."""
    spec, game = report.spec, report.game
    return {
        "Data and model": f"{spec.data} ({game.pool.task.name}); {spec.model}, {nbytes(game.state):,} bytes an update",
        "Federation": f"{count(spec.clients, 'client')}; the other {spec.clients - 1} ran "
        f"{count(spec.rounds, 'round')} of federated "
        f"averaging without compression, then the target joined; from then on {OTHERS[spec.others]}",
        "Target": f"{spec.trials} trials of {count(spec.target_rounds, 'round')} from one global state, each on a "
        f"random half of {spec.candidates} candidate records{_canaries(spec)}",
        "Training": training_words(spec, spec.defences),
        "Adversary": f"{spec.adversary}: sees {spec.get_adversary().sees}; knows {ALSO_KNOWN}; trains shadow models "
        "through the same defence",
        "Unit of privacy": f"of what is measured, {Unit.RECORD} (example) of the target client, added or removed; of "
        "what is guaranteed, that of its column",
        "Accountant": "dp-accounting, for defences with a privacy event: privacy loss distributions; Renyi divergences "
        "for discrete Gaussian noise, and where floats would lose too much of delta",
        "Delta": f"{write_shortest(spec.delta)}, of every epsilon but those that say delta 0",
        "Adjacency of as-if figures": f"{adjacency(game.training)}; "
        "median of the pairs tried, which bounds no other record",
        "Seed": str(spec.seed),
        "Command": to_command("audit", spec),
        **({"To know": "; ".join(report.notices)} if report.notices else {}),
    }


def _canaries(spec: AuditSpec) -> str:
    return f" and of canaries ({', '.join(spec.canaries)})" if spec.canaries else ""


def _pictures(report: AuditReport, leakage: Table, errors: Table, bits: Table | None) -> dict[str, Picture]:
    """Return the figures by their names, each with what its table says of it in words."""
    aucs = leakage.in_words("AUC")
    states = {
        "tradeoff": ". ".join(report.conclusion),
        "roc": aucs,
        "leakage_against_ratio": aucs,
        "noise": errors.in_words("best distribution", "KS best"),
        "frontier": bits.in_words("bits a coordinate") if bits else "",
    }
    return {name: Picture(name, CAPTIONS[name], told) for name, told in states.items()}
