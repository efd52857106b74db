"""The table of the white-box audit."""

from analysis.reporting.table import Table
from analysis.studies.audit.run import AuditReport


def canary_table(report: AuditReport) -> Table:
    """Return what canaries say of each defence, beside what they could say at most."""
    delta = f"delta {report.spec.delta:g}"
    return Table(
        title="White-box audit by canaries",
        note=f"Adversary {report.spec.adversary}. A lower bound (95%) rejects the mechanisms that its row names, and "
        "no others: a bound on a family says nothing of mechanisms outside it. The ceiling is the bound if every coin "
        "had been guessed right. This canary in this view: the epsilon of a canary of fixed direction in what the "
        "adversary sees; other canaries may show more. The confidence is exact where coins are independent for sure; "
        "among records they are nearly so.",
        columns=(
            "defence",
            "canaries",
            "one coin decides",
            "rejects",
            "coins",
            f"measured\nepsilon lower\nbound (95%) at\n{delta}",
            "ceiling",
            "this canary\nin this view",
            f"guaranteed\nepsilon at\n{delta}",
            "confidence",
        ),
        rows=[
            (
                name,
                bound.canaries,
                bound.unit,
                bound.rejects,
                f"{bound.coins:,}",
                f"{bound.bound.epsilon:.2f}",
                f"{bound.ceiling:.2f}",
                "not known" if bound.view is None else f"{bound.view:.2f}",
                str(verdict.guarantee),
                "exact" if bound.exact else "nearly exact",
            )
            for name, verdict in report.verdicts.items()
            for bound in verdict.canary_bounds
        ],
    )
