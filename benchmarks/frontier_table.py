"""Tables and a figure of the runs that frontier.sh left in a folder: accuracy against epsilon against bytes.

Run with: python benchmarks/frontier_table.py [RUNS [FIGURE]]
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, isinf
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.reporting.style import house_style, looks, to_bytes
from analysis.reporting.table import to_markdown
from fedsz_privacy.defences.conditions import noise_multiplier
from fedsz_privacy.defences.parsing import parse_release
from fedsz_privacy.defences.proof import Composition, Observer, Unit
from fedsz_privacy.training.accounting import composed, epsilon

COLUMNS = ("data", "defence", "epsilon", "holds against", "accuracy", "bytes a round", "ratio")
SERVER, OUTSIDERS = "the server", "outsiders"
AGGREGATE = "who sees aggregates"
TICKS = (2, 8, 32, 128, 512)
UNITS = (Unit.CLIENT, Unit.RECORD)


@dataclass(frozen=True)
class Row:
    """One defence of one run."""

    data: str
    defence: str
    family: str
    unit: Unit
    epsilon: float
    against: str
    accuracy: float
    nbytes: float
    ratio: float

    def cells(self) -> tuple[str, ...]:
        """Return the row as a table has it."""
        shown = "∞" if isinf(self.epsilon) else f"{self.epsilon:.3g}"
        against = "-" if isinf(self.epsilon) else self.against
        return (
            self.data,
            f"`{self.defence}`",
            shown,
            against,
            f"{self.accuracy:.3f}",
            f"{self.nbytes:,.0f}",
            f"{self.ratio:.3g}",
        )


def rows(path: Path) -> Iterator[Row]:
    """Yield a row for each defence of a run."""
    results: dict[str, Any] = json.loads((path / "results.json").read_text())
    played = {name: [each for each in results["rounds"] if each["defence"] == name] for name in results["guarantees"]}
    plain = _mean(played["none"])
    for name, stated in results["guarantees"].items():
        unit, found, against = _guaranteed(name, stated, results["spec"])
        size = _mean(played[name])
        family = "+".join(part.partition(":")[0] for part in name.split("+"))
        accuracy = played[name][-1]["performance"]
        row = Row(path.name, name, family, unit, found, against, accuracy, size, plain / size)
        yield row
        if (of_record := _of_a_record(row, results["spec"])) is not None:
            yield replace(row, unit=Unit.RECORD, epsilon=of_record)


def _guaranteed(name: str, stated: dict[str, Any], spec: dict[str, Any]) -> tuple[Unit, float, str]:
    """Return unit, epsilon and whom it holds against: the strongest observer that anything is guaranteed against."""
    if stated["epsilon"] != "inf":
        aggregated = name.startswith("dpfedavg")
        return Unit(stated["unit"]), stated["epsilon"], AGGREGATE if aggregated else SERVER
    if name.startswith("layered"):
        composition = Composition(spec["delta"], spec["rounds"])
        outside = parse_release(name, composition).against(Observer.OUTSIDER)
        return outside.unit, epsilon(composed(outside.event, spec["rounds"]), spec["delta"]), OUTSIDERS
    return Unit.RECORD if name.startswith("dpsgd") else Unit.CLIENT, inf, "-"


def _of_a_record(row: Row, spec: dict[str, Any]) -> float | None:
    """Return the epsilon for one record, replaced, of Gaussian noise on updates: they differ by two clip norms."""
    if row.against not in (SERVER, OUTSIDERS) or row.unit is not Unit.CLIENT:
        return None
    observer = Observer.SERVER if row.against == SERVER else Observer.OUTSIDER
    event = parse_release(row.defence, Composition(spec["delta"], spec["rounds"])).against(observer).event
    multiplier = noise_multiplier(event)
    assert multiplier is not None
    return epsilon(composed(type(event)(multiplier / 2), spec["rounds"]), spec["delta"])


def _mean(played: list[dict[str, Any]]) -> float:
    return sum(float(each["nbytes"]) for each in played) / len(played)


def draw(found: list[Row]) -> Figure:
    """Draw accuracy against epsilon: a column for each data set, a line of panels for each unit of privacy."""
    sets = list(dict.fromkeys(row.data for row in found))
    families = [family for family in dict.fromkeys(row.family for row in found) if family != "none"]
    figure = Figure(figsize=(6 * len(sets) + 1, 9.5), layout="constrained")
    grid = figure.subplots(len(UNITS), len(sets), squeeze=False)
    chosen = dict(zip(families, looks(len(families)), strict=True))
    for line, unit in zip(grid, UNITS, strict=True):
        for panel, data in zip(line, sets, strict=True):
            _draw_panel(panel, found, data, unit, chosen)
            panel.set(title=f"{data}: epsilon for {unit}", xscale="log", ylim=(0, 1))
            panel.set(xlabel="guaranteed epsilon over 10 rounds, delta 1e-5", ylabel="test accuracy, last round")
            panel.set_xticks(TICKS, labels=[str(tick) for tick in TICKS])
            panel.set_xlim(TICKS[0] / 1.5, TICKS[-1] * 1.5)
            panel.minorticks_off()
    handles = {label: handle for panel in grid.flat for handle, label in zip(*panel.get_legend_handles_labels())}  # noqa: B905
    figure.legend(handles.values(), handles, loc="outside lower center")
    figure.suptitle("What a guarantee costs in accuracy and saves in bytes")
    return figure


def _draw_panel(panel: Axes, found: list[Row], data: str, unit: Unit, chosen: dict[str, Any]) -> None:
    shown = [row for row in found if row.data == data]
    none = next(row for row in shown if row.defence == "none")
    panel.axhline(none.accuracy, color="grey", linestyle=":", label="none: no guarantee")
    for family, look in chosen.items():
        of_family = [row for row in shown if row.family == family and row.unit is unit and not isinf(row.epsilon)]
        if of_family:
            ordered = sorted(of_family, key=lambda row: row.epsilon)
            label = f"{family}, {_smaller(found, family)} (against {ordered[0].against})"
            places = [row.epsilon for row in ordered], [row.accuracy for row in ordered]
            # Those that FedSZ follows are wider, and stand out around the mark of the same accuracy after it.
            (curve,) = panel.plot(*places, marker=look.marker, color=look.colour, linestyle=look.line, label=label)
            if f"{family}+fedsz" in chosen:
                curve.set(markersize=14, linewidth=5, alpha=0.4)


def _smaller(found: list[Row], family: str) -> str:
    """Return the least and greatest compression ratio of a family, over all that is drawn."""
    ratios = [row.ratio for row in found if row.family == family]
    if max(ratios) <= 1:
        return "no smaller"
    span = f"{min(ratios):.3g} to {max(ratios):.3g}"
    return f"{span} times smaller" if min(ratios) >= 1 else f"ratio {span}"


def main() -> None:
    """Print a table for each unit of privacy, and draw the figure."""
    runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/frontier")
    found = [row for folder in ("digits", "fashion_mnist") for row in rows(runs / folder)]
    for unit in UNITS:
        print(f"\nEpsilon for {unit}:\n")
        print(to_markdown(COLUMNS, [row.cells() for row in found if row.unit is unit or isinf(row.epsilon)]))
    if len(sys.argv) > 2:
        with house_style():
            Path(sys.argv[2]).write_bytes(to_bytes(draw(found)))


if __name__ == "__main__":
    main()
