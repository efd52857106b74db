"""The tables of an audit's report: verdicts, costs, and the noise."""

import math

from analysis.methods.curves.neighbours import adjacency
from analysis.methods.curves.privacy_curves import DELTA, AsIf
from analysis.reporting.table import Table
from analysis.studies.audit.measure import VULNERABLE
from analysis.studies.audit.presentation.leakage_tables import interval, strictest_rate, strongest_signal, tpr
from analysis.studies.audit.run import AuditReport
from analysis.studies.audit.verdict import Verdict
from analysis.studies.noise.cells import decision_cells, distance_cells


def closing_table(report: AuditReport) -> Table:
    """Return the table that an audit ends with: one row for each release."""
    signal, rate = strongest_signal(report), strictest_rate(report)
    return Table(
        title="What each release gives away",
        note=f"Adversary {report.spec.adversary}: sees {report.spec.sees.sees}. Measured by the strongest signal, "
        f"{signal}, with 95% intervals. An as-if figure describes the error; it protects nobody.",
        columns=(
            "release",
            "guaranteed\nepsilon",
            "as if\nepsilon",
            "measured\nepsilon ≥",
            "measured\nAUC",
            "measured AUC,\nvulnerable",
            f"measured\nTPR at FPR {rate:g}",
            "\nratio",
            "\naccuracy",
        ),
        rows=[
            (
                release,
                _number(verdict.guarantee.epsilon),
                _number(verdict.as_if.laplace_epsilon) if verdict.as_if else "-",
                f"{verdict.epsilon_lower_bound.epsilon:.2f}",
                interval(verdict.measured[signal].auc),
                interval(verdict.groups[VULNERABLE][signal].auc),
                tpr(verdict.measured[signal], rate),
                f"{report.ratio(release):.4g}",
                f"{report.performance(release):.3f}",
            )
            for release, verdict in report.verdicts.items()
        ],
    )


def verdict_table(report: AuditReport) -> Table:
    """Return guarantee, as-if description and measurement of each release, in words."""
    signal, rate = strongest_signal(report), strictest_rate(report)
    return Table(
        title="Verdict",
        note="Three columns of different standing. A guarantee is a theorem and holds for every adversary of its kind. "
        "An as-if figure is what would hold if the error were independent noise of a distribution fitted to each "
        "tensor, which it is not. A measurement is what one attack achieved: leakage is at least that. Epsilon at "
        "least x: no claim of a smaller one could be true, at 95% confidence, for one record added or removed.",
        columns=("release", "guaranteed", "as if (a description)", f"measured ({signal})"),
        rows=[
            (release, _guaranteed(verdict), _as_if(verdict.as_if), _measured(verdict, signal, rate))
            for release, verdict in report.verdicts.items()
        ],
    )


def cost_table(report: AuditReport) -> Table:
    """Return size and accuracy of each release."""
    return Table(
        title="Cost and use",
        note="Mean over trials. Accuracy is that of the model which the adversary's last look shows, on test records.",
        columns=("release", "bytes of an update", "compression ratio", "accuracy"),
        rows=[
            (name, f"{report.nbytes(name):,.0f}", f"{report.ratio(name):.4g}", f"{report.performance(name):.4f}")
            for name in report.spec.defences
        ],
    )


def noise_table(report: AuditReport) -> Table:
    """Return the fits of each release's error, per tensor and pooled."""
    return Table(
        title="Noise",
        note="Maximum-likelihood fits; the best distribution foretells errors held out best. KS is the "
        "Kolmogorov-Smirnov distance, from 0 to 1; W1 is the Wasserstein-1 distance, in error bounds (pooled: "
        "deviations). R²(e|x) is the share of the error's variance that the data decides. Elements that no update "
        "touched are left out.",
        columns=("release", "tensor", "elements", "best distribution", "KS uniform", "KS Laplace", "KS normal",
                 "W1 uniform", "W1 Laplace", "W1 normal", "R²(e|x)"),
        rows=[
            (release, scope, f"{fit.elements:,}", fit.best.family, *distance_cells(fit), f"{fit.r_squared:.3f}")
            for release, study in report.noise.items()
            if study
            for scope, fit in study.scopes.items()
        ],
    )  # fmt: skip


def deciding_table(report: AuditReport) -> Table:
    """Return whether neighbours decode alike, for each release that changes the update."""
    return Table(
        title="The deciding experiment",
        note=f"Adjacency: {adjacency(report.spec.rule)}. "
        "Both updates pass the release with the same randomness, and the observer knows both. Differing codes are "
        "decoded values more than one bound apart. The predictions are those of independent "
        "uniform noise of the same width: share |D| / 2 bound, advantage 1 - prod(1 - |D| / 2 bound).",
        columns=("release", "pairs", "measured: values that differ", "measured: codes that differ",
                 "predicted: codes that differ", "measured: advantage", "predicted: advantage"),
        rows=[
            (release, *decision_cells(study.decision))
            for release, study in report.noise.items()
            if study and study.decision
        ],
    )  # fmt: skip


def _guaranteed(verdict: Verdict) -> str:
    stated = verdict.guarantee
    head = "none, epsilon = ∞" if math.isinf(stated.epsilon) else f"({stated.epsilon:.3g}, {stated.delta:g})-DP"
    return f"{head}: {stated.reason}"


def _as_if(described: AsIf | None) -> str:
    if described is None:
        return "no error that could be described"
    return (
        f"one record moves {described.coordinates:,} coordinates by {described.l1:.3g} in L1 and {described.l2:.3g} in "
        f"L2; independent Laplace noise would give epsilon {described.laplace_epsilon:.3g}, Gaussian noise "
        f"{described.gaussian_epsilon:.3g} at delta {DELTA:g}, uniform noise delta {described.uniform_delta:.3g} at "
        "any epsilon"
    )


def _measured(verdict: Verdict, signal: str, rate: float) -> str:
    average, exposed = verdict.measured[signal], verdict.groups[VULNERABLE][signal]
    return (
        f"epsilon at least {verdict.epsilon_lower_bound.epsilon:.2f} at delta {verdict.epsilon_lower_bound.delta:g}; "
        f"average record: AUC {interval(average.auc)}, TPR {tpr(average, rate)} at FPR {rate:g}; {VULNERABLE}: AUC "
        f"{interval(exposed.auc)}{_white_box(verdict)}"
    )


def _white_box(verdict: Verdict) -> str:
    bound = verdict.canary_epsilon_lower_bound
    return f"; by gradient canaries: epsilon at least {bound.epsilon:.2f}" if bound else ""


def _number(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"
