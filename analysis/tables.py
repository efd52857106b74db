"""The tables of a report, for people: every cell is text, every column says its standing and its unit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.audit import AuditReport
from analysis.deciding import Decision
from analysis.membership import FALSE_POSITIVE_RATES, Estimate
from analysis.neighbours import ADJACENCY
from analysis.noise import NoiseFit
from analysis.privacy_curves import DELTA, AsIf
from analysis.spec import REFERENCE
from analysis.verdict import Verdict

STRICT = min(FALSE_POSITIVE_RATES)
SHOWN_LAWS = ("uniform", "laplace", "normal")


@dataclass(frozen=True)
class Table:
    """A table ready to be shown.

    Attributes
    ----------
    title, note : str
        What it shows, and what to know when reading it.
    columns : tuple of str
        Headings; a line break separates the standing of a column from its content.
    rows : sequence of tuple of str
        Cells.
    """

    title: str
    note: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def to_markdown(self) -> str:
        """Return the table as Markdown, under its title and note."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cell.replace(chr(10), ' ').strip() for cell in line)} |" for line in lines)
        return f"# {self.title}\n\n{self.note}\n\n{table}\n"


def strongest_signal(report: AuditReport) -> str:
    """Return the signal of greatest AUC on the undefended release."""
    measured = report.verdicts[REFERENCE].measured
    return max(measured, key=lambda signal: measured[signal].auc.value)


def closing_table(report: AuditReport) -> Table:
    """Return the table that an audit ends with: one row for each release."""
    signal = strongest_signal(report)
    return Table(
        title="What each release gives away",
        note=f"Measured by the strongest signal, {signal}, with 95% intervals. An as-if figure describes the error; "
        "it protects nobody.",
        columns=(
            "release",
            "guaranteed\nepsilon",
            "as if Laplace\nepsilon",
            f"measured\n{signal} AUC",
            f"measured\nTPR at FPR {STRICT:g}",
            "measured\nTPR minus none",
            "\nratio",
            "client\naccuracy",
        ),
        rows=[
            (
                release,
                _number(verdict.guarantee.epsilon),
                _number(verdict.as_if.laplace_epsilon) if verdict.as_if else "-",
                _interval(verdict.measured[signal].auc),
                _interval(verdict.measured[signal].tpr_at_fpr[STRICT]),
                _difference(release, verdict.measured[signal].tpr_difference[STRICT]),
                f"{report.ratio(release):.4g}",
                f"{report.accuracy(release):.3f}",
            )
            for release, verdict in report.verdicts.items()
        ],
    )


def verdict_table(report: AuditReport) -> Table:
    """Return guarantee, as-if description and measurement of each release, in words."""
    signal = strongest_signal(report)
    return Table(
        title="Verdict",
        note="Three columns of different standing. A guarantee is a theorem and holds for every adversary of its kind. "
        "An as-if figure is what would hold if the error were independent noise of a law fitted to each tensor, which "
        "it is not. A measurement is what one attack achieved: leakage is at least that.",
        columns=("release", "guaranteed", "as if (a description)", f"measured ({signal})"),
        rows=[
            (release, _guaranteed(verdict), _as_if(verdict.as_if), _measured(verdict, signal))
            for release, verdict in report.verdicts.items()
        ],
    )


def leakage_table(report: AuditReport) -> Table:
    """Return every signal's ROC statistics on each release."""
    return Table(
        title="Measured leakage",
        note="95% percentile bootstrap intervals over trials and candidates; differences to none are paired on the "
        "same trials and resamples.",
        columns=("release", "signal", "AUC", "AUC minus none", *(f"TPR at FPR {r:g}" for r in FALSE_POSITIVE_RATES)),
        rows=[
            (
                release,
                signal,
                _interval(leakage.auc),
                _difference(release, leakage.auc_difference),
                *map(_interval, leakage.tpr_at_fpr.values()),
            )
            for release, verdict in report.verdicts.items()
            for signal, leakage in verdict.measured.items()
        ],
    )


def cost_table(report: AuditReport) -> Table:
    """Return size and accuracy of each release."""
    return Table(
        title="Cost and use",
        note="Mean over trials. Accuracy is that of the client's model, the global state plus the decoded update, on "
        "test records.",
        columns=("release", "bytes of an update", "compression ratio", "client accuracy"),
        rows=[
            (name, f"{report.nbytes(name):,.0f}", f"{report.ratio(name):.4g}", f"{report.accuracy(name):.4f}")
            for name in report.spec.releases
        ],
    )


def noise_table(report: AuditReport) -> Table:
    """Return the fits of each release's error, per tensor and pooled."""
    return Table(
        title="Noise",
        note="Maximum-likelihood fits; the best law foretells errors held out best. KS is the Kolmogorov-Smirnov "
        "distance, from 0 to 1; W1 is the Wasserstein-1 distance, in error bounds (pooled: deviations). R²(e|x) is the "
        "share of the error's variance that the data decides. Elements that no update touched are left out.",
        columns=("release", "tensor", "elements", "best law", "KS uniform", "KS Laplace", "KS normal",
                 "W1 uniform", "W1 Laplace", "W1 normal", "R²(e|x)"),
        rows=[
            (release, scope, f"{fit.elements:,}", fit.best.family, *distance_cells(fit), f"{fit.r_squared:.3f}")
            for release, study in report.noise.items()
            if study
            for scope, fit in {**study.tensors, "pooled": study.pooled}.items()
        ],
    )  # fmt: skip


def deciding_table(report: AuditReport) -> Table:
    """Return whether neighbours decode alike, for each release that changes the update."""
    return Table(
        title="The deciding experiment",
        note=f"Adjacency: {ADJACENCY}. Both updates pass the release with the same randomness, and the observer knows "
        "both. Differing codes are decoded values more than one bound apart. The predictions are those of independent "
        "uniform noise of the same width: share |D| / 2 bound, advantage 1 - prod(1 - |D| / 2 bound).",
        columns=("release", "pairs", "measured: values that differ", "measured: codes that differ",
                 "predicted: codes that differ", "measured: advantage", "predicted: advantage"),
        rows=[(release, *decision_cells(study.decision)) for release, study in report.noise.items() if study],
    )  # fmt: skip


def decision_cells(decision: Decision) -> tuple[str, ...]:
    """Return a decision's pairs, its shares, and its advantages."""
    shares = (decision.share_of_values, decision.share_of_codes, decision.predicted_share)
    return (
        str(decision.pairs),
        *(f"{share:.3g}" for share in shares),
        f"{decision.advantage:.3f}",
        f"{decision.predicted_advantage:.3f}",
    )


def distance_cells(fit: NoiseFit) -> list[str]:
    """Return KS and then Wasserstein distance to each law of `SHOWN_LAWS`."""
    shown = [fit.of(family) for family in SHOWN_LAWS]
    return [f"{each.ks:.3f}" for each in shown] + [f"{each.wasserstein:.3f}" for each in shown]


def _guaranteed(verdict: Verdict) -> str:
    stated = verdict.guarantee
    head = "none, epsilon = ∞" if math.isinf(stated.epsilon) else f"({stated.epsilon:.3g}, {stated.delta:g})-DP"
    return f"{head}: {stated.reason}"


def _as_if(described: AsIf | None) -> str:
    if described is None:
        return "no error to describe"
    return (
        f"one record moves {described.coordinates:,} coordinates by {described.l1:.3g} in L1 and {described.l2:.3g} in "
        f"L2; independent Laplace noise would give epsilon {described.laplace_epsilon:.3g}, Gaussian noise "
        f"{described.gaussian_epsilon:.3g} at delta {DELTA:g}, uniform noise delta {described.uniform_delta:.3g} at "
        "any epsilon"
    )


def _measured(verdict: Verdict, signal: str) -> str:
    leakage = verdict.measured[signal]
    return f"AUC {_interval(leakage.auc)}, TPR {_interval(leakage.tpr_at_fpr[STRICT])} at FPR {STRICT:g}"


def _interval(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def _difference(release: str, estimate: Estimate) -> str:
    return "-" if release == REFERENCE else f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def _number(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"
