"""The tables of the white-box audit."""

from collections.abc import Mapping, Sequence

from analysis.methods.guarantee import Guarantee
from analysis.reporting.numbers import as_lower_bound
from analysis.reporting.table import Table
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.found import AuditReport
from analysis.studies.units import cells, headings
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit


def canary_tables(report: AuditReport) -> tuple[Table, ...]:
    """Return what canaries say of each defence, beside what they could say at most, a table for each unit of privacy.

    There is none where no canaries were asked for.
    """
    found = {bound.unit for verdict in report.verdicts.values() for bound in verdict.canary_bounds}
    return tuple(_table(report, unit) for unit in Unit if unit in found)


def _table(report: AuditReport, unit: Unit) -> Table:
    return canary_table(
        f"White-box audit by canaries, for {unit}",
        f"Adversary {report.spec.adversary}. A lower bound (95%) rejects the mechanisms that its row names, and "
        "no others: a bound on a family says nothing of mechanisms outside it. The ceiling is the bound if every coin "
        "had been guessed right. This canary in this view: the epsilon of a canary of fixed direction in what the "
        "adversary sees, not known behind a release that loses something; other canaries may show more. The confidence "
        "is exact where coins are independent; among records, behind a release that loses something, and in an update "
        "by Adam, one canary's score depends on others' coins a little, and it is nearly exact.",
        unit,
        report.spec.delta,
        {name: (verdict.guarantee, verdict.canary_bounds) for name, verdict in report.verdicts.items()},
    )


def canary_table(
    title: str, note: str, unit: Unit, delta: float, found: Mapping[str, tuple[Guarantee, Sequence[CanaryBound]]]
) -> Table:
    """Return what canaries of one unit of privacy say of each defence, beside what they could say at most.

    Parameters
    ----------
    title, note : str
        Of the table.
    unit : Unit
        The unit; bounds for others are left out.
    delta : float
        The delta of every epsilon.
    found : mapping of str to Guarantee and CanaryBounds
        What is guaranteed under each defence, and what canaries say of it.
    """
    return Table(
        title=title,
        note=note,
        columns=(
            "defence",
            "canaries",
            "rejects",
            "coins",
            f"measured\nepsilon lower\nbound (95%), {unit}\nat delta {write_shortest(delta)}",
            f"ceiling of epsilon,\n{unit}\nat delta {write_shortest(delta)}",
            f"epsilon of this canary\nin this view, {unit}\nat delta {write_shortest(delta)}",
            *headings([unit], delta),
            "confidence",
        ),
        rows=[
            (
                name,
                bound.canaries,
                bound.rejects,
                f"{bound.coins:,}",
                as_lower_bound(bound.bound.epsilon),
                as_lower_bound(bound.ceiling),
                "not known" if bound.view is None else f"{bound.view:.2f}",
                *cells(stated, [unit]),
                "exact" if bound.exact else "nearly exact",
            )
            for name, (stated, bounds) in found.items()
            for bound in bounds
            if bound.unit is unit
        ],
    )
