"""Columns of guarantees, one for each unit of privacy: epsilons of two units never stand in one column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import isinf

from analysis.methods.guarantee import Guarantee, note_of_claims
from analysis.reporting.table import Row, Table
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.proof import Unit

NOT_FOR_THIS = "-"
"""What a cell has where something is guaranteed, but for another unit of privacy."""


def units_of(stated: Iterable[Guarantee], first: Unit = Unit.RECORD) -> tuple[Unit, ...]:
    """Return the unit of privacy that was measured, then the others that something is guaranteed for."""
    found = {each.unit for each in stated if not isinf(each.epsilon)}
    return (first, *(unit for unit in Unit if unit in found - {first}))


def headings(units: Sequence[Unit], delta: float) -> tuple[str, ...]:
    """Return the headings of the columns of guaranteed epsilons."""
    return tuple(f"guaranteed\nepsilon for\n{unit}\nat delta {write_shortest(delta)}" for unit in units)


def cells(stated: Guarantee, units: Sequence[Unit]) -> tuple[str, ...]:
    """Return what those columns say of a guarantee; no guarantee is none for any unit."""
    return tuple(str(stated) if stated.unit is unit or isinf(stated.epsilon) else NOT_FOR_THIS for unit in units)


def guaranteed_row(stated: Guarantee, units: Sequence[Unit]) -> Row:
    """Return a guarantee as a part of a row of numbers, epsilon in a column of its unit; none is none for any unit."""
    meant = {unit: stated.epsilon for unit in units if stated.unit is unit or isinf(stated.epsilon)}
    rest = {name: value for name, value in asdict(stated).items() if name != "epsilon"}
    every = {f"epsilon_{unit.name.lower()}": value for unit, value in meant.items()} | rest
    return {f"guaranteed_{name}": value for name, value in every.items()}


def note_of_units(units: Sequence[Unit]) -> str:
    """Return what the note of a table with such columns says of them; empty if there is one."""
    return f" {NOT_FOR_THIS} in a column of epsilon: guaranteed for another unit of privacy." if len(units) > 1 else ""


def reasons_table(stated: Mapping[str, Guarantee], note: str, delta: float, first: Unit = Unit.RECORD) -> Table:
    """Return the table of what is guaranteed, and why, of that unit of privacy first: one row for each reason."""
    units = units_of(stated.values(), first)
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, each in stated.items():
        alike.setdefault((*cells(each, units), each.reason), []).append(name)
    return Table(
        title="Guarantees",
        note=note + note_of_units(units) + note_of_claims(stated.values()),
        columns=("defence", *headings(units, delta), "why"),
        rows=[(", ".join(names), *row) for row, names in alike.items()],
    )
