"""The tables of the white-box audit."""

from analysis.reporting.table import Table
from analysis.studies.audit.run import AuditReport
from analysis.studies.units import cells, headings
from fedsz_privacy.defences.proof import Unit


def canary_tables(report: AuditReport) -> tuple[Table, ...]:
    """Return what canaries say of each defence, beside what they could say at most, a table for each unit of privacy.

    There is none where no canaries were asked for.
    """
    found = {bound.unit for verdict in report.verdicts.values() for bound in verdict.canary_bounds}
    return tuple(_table(report, unit) for unit in Unit if unit in found)


def _table(report: AuditReport, unit: Unit) -> Table:
    return Table(
        title=f"White-box audit by canaries, for {unit}",
        note=f"Adversary {report.spec.adversary}. A lower bound (95%) rejects the mechanisms that its row names, and "
        "no others: a bound on a family says nothing of mechanisms outside it. The ceiling is the bound if every coin "
        "had been guessed right. This canary in this view: the epsilon of a canary of fixed direction in what the "
        "adversary sees; other canaries may show more. The confidence is exact where coins are independent for sure; "
        "among records they are nearly so.",
        columns=(
            "defence",
            "canaries",
            "rejects",
            "coins",
            f"measured\nepsilon lower\nbound (95%), {unit}\nat delta {report.spec.delta:g}",
            "ceiling",
            "this canary\nin this view",
            *headings([unit], report.spec.delta),
            "confidence",
        ),
        rows=[
            (
                name,
                bound.canaries,
                bound.rejects,
                f"{bound.coins:,}",
                f"{bound.bound.epsilon:.2f}",
                f"{bound.ceiling:.2f}",
                "not known" if bound.view is None else f"{bound.view:.2f}",
                *cells(verdict.guarantee, [unit]),
                "exact" if bound.exact else "nearly exact",
            )
            for name, verdict in report.verdicts.items()
            for bound in verdict.canary_bounds
            if bound.unit is unit
        ],
    )
