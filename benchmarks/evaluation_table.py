"""Tables and a figure of what evaluation.py has finished, beside the paper's own ranges; what is missing has its cost.

Run with: python benchmarks/evaluation_table.py [RUNS [FIGURE]]
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from evaluation_costs import costs
from evaluation_kept import Result, kept_rounds, read_results
from evaluation_plan import BOUNDS, GOALS, Cell, Run, runs
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.reporting.powers import label_powers
from analysis.reporting.style import Look, house_style, looks, to_bytes
from analysis.reporting.table import to_markdown
from fedsz_privacy.federation.payload import Payload

COLUMNS = ("model", "data", "sent", "accuracy `none`", "goal", *(f"REL {bound}" for bound in sorted(BOUNDS)))
RATIOS, LOSS = (5.55, 12.61), 0.5
"""What the paper reports at REL 1e-2 (arXiv 2312.13461, abstract): times smaller, and most points of accuracy lost."""

TICKS = (2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True)
class Seed:
    """What one seed of a model, a data set and a payload has come to.

    Parameters
    ----------
    run : Run
        Which one.
    results : mapping of Cell to Result
        The finished federations, of this run and others.
    begun : mapping of Cell to int
        How many rounds of this run's federations are played that are not finished, of those of which any is.
    """

    run: Run
    results: Mapping[Cell, Result]
    begun: Mapping[Cell, int]

    def is_whole(self, bound: str | None) -> bool:
        """Return whether the federations under a bound, and without one, are finished."""
        return all(self.cell(each) in self.results for each in (None, bound))

    def accuracy(self, bound: str | None) -> float:
        """Return the accuracy after the last round."""
        return self._result(bound).accuracy

    def change(self, bound: str) -> float:
        """Return by how many points the accuracy differs from that without a defence."""
        return 100 * (self.accuracy(bound) - self.accuracy(None))

    def ratio(self, bound: str) -> float:
        """Return how many times smaller what a client sends is."""
        return self._result(None).nbytes / self._result(bound).nbytes

    def coding(self, bound: str) -> float:
        """Return the share of training, encoding and decoding that is not training."""
        return self._result(bound).coding

    def cell(self, bound: str | None) -> Cell:
        """Return the federation under a bound, or without one."""
        return self.run.under(bound) if bound else self.run.plain

    def _result(self, bound: str | None) -> Result:
        return self.results[self.cell(bound)]


def find(folder: Path, results: Mapping[Cell, Result]) -> list[list[Seed]]:
    """Return what is there of each model, data set and payload, by seed, with rounds from a folder of runs."""

    def seed(run: Run) -> Seed:
        unfinished = [cell for cell in run.cells if cell not in results]
        return Seed(run, results, {cell: len(rounds) for cell in unfinished if (rounds := kept_rounds(folder, cell))})

    by_row = groupby(map(seed, runs()), lambda one: (one.run.model, one.run.data, one.run.payload))
    return [list(seeds) for _, seeds in by_row]


def line(seeds: Sequence[Seed], seconds: Mapping[str, float]) -> tuple[str, ...]:
    """Return the cells of one model, data set and payload."""
    run = seeds[0].run
    return (
        run.model,
        run.data,
        run.payload,
        _plain(seeds, seconds),
        f"over {GOALS[run.model, run.data]:.0%}" if (run.model, run.data) in GOALS else "-",
        *(_cell(seeds, bound, seconds) for bound in sorted(BOUNDS)),
    )


def _plain(seeds: Sequence[Seed], seconds: Mapping[str, float]) -> str:
    whole = [each.accuracy(None) for each in seeds if each.is_whole(None)]
    return _spread(whole, "{:.3f}") if whole else _missing(seeds, None, seconds)


def _cell(seeds: Sequence[Seed], bound: str, seconds: Mapping[str, float]) -> str:
    whole = [each for each in seeds if each.is_whole(bound)]
    if not whole:
        return _missing(seeds, bound, seconds)
    ratio = np.mean([each.ratio(bound) for each in whole])
    return f"{ratio:.2f}x, {_spread([each.change(bound) for each in whole], '{:+.2f}')}"


def _spread(values: Sequence[float], form: str) -> str:
    """Return the mean of the seeds that are there, and their range if there are several."""
    mean = form.format(np.mean(values))
    if len(values) == 1:
        return mean
    return f"{mean} ({form.format(min(values))} to {form.format(max(values))}, {len(values)} seeds)"


def _missing(seeds: Sequence[Seed], bound: str | None, seconds: Mapping[str, float]) -> str:
    """Return what a cell without a seed that is whole would cost, for its first seed, and how far that has come."""
    first = seeds[0]
    left = first.run.hours(seconds)
    if (cell := first.cell(bound)) not in first.begun:
        return f"({left:.1f} h)"
    played, rounds = first.begun[cell], first.run.length.rounds
    return f"({played} of {rounds} rounds; {left * (1 - played / rounds):.1f} h)"


def hours_left(groups: Iterable[Sequence[Seed]], seconds: Mapping[str, float]) -> float:
    """Return the core hours of all that is missing, all seeds."""
    missing = {
        cell: seed.run.hours(seconds) * (1 - seed.begun.get(cell, 0) / seed.run.length.rounds)
        for seeds in groups
        for seed in seeds
        for cell in seed.run.cells
        if cell not in seed.results
    }
    return sum(missing.values())


def overheads(groups: Iterable[Sequence[Seed]]) -> list[tuple[str, ...]]:
    """Return the share of a client's round that coding takes at REL 1e-2, for each row with a whole seed."""
    return [
        (seeds[0].run.model, seeds[0].run.data, seeds[0].run.payload, f"{np.mean(shares):.2%}")
        for seeds in groups
        if (shares := [each.coding("1e-2") for each in seeds if each.is_whole("1e-2")])
    ]


def draw(groups: Sequence[Sequence[Seed]]) -> Figure:
    """Draw ratio and change of accuracy against the bound, for updates and for states, beside the paper's ranges."""
    kinds = list(dict.fromkeys((seeds[0].run.model, seeds[0].run.data) for seeds in groups))
    chosen = dict(zip(kinds, looks(len(kinds)), strict=True))
    figure = Figure(figsize=(12, 8.5), layout="constrained")
    grid = figure.subplots(2, len(Payload), sharex=True, sharey="row")
    for column, payload in zip(grid.T, Payload, strict=True):
        _draw(column, [seeds for seeds in groups if seeds[0].run.payload is payload], chosen)
        column[0].set(title=f"a client sends its {payload}", yscale="log")
        column[0].set_yticks(TICKS, labels=[str(tick) for tick in TICKS])
        column[0].minorticks_off()
        column[1].set_xscale("log")
        label_powers(column[1].xaxis)
    grid[0, 0].set_ylabel("times smaller")
    grid[1, 0].set_ylabel("accuracy minus that of none (points)")
    handles = {label: handle for panel in grid.flat for handle, label in zip(*panel.get_legend_handles_labels())}  # noqa: B905
    figure.legend(handles.values(), handles, loc="outside right center")
    figure.supxlabel("relative error bound (fraction of a tensor's range)")
    figure.suptitle("The paper's models on its data sets, under each bound")
    return figure


def _draw(column: Sequence[Axes], groups: Iterable[Sequence[Seed]], chosen: Mapping[tuple[str, str], Look]) -> None:
    paper: dict[str, Any] = {"color": "grey", "alpha": 0.35, "label": "the paper, states at REL 1e-2"}
    column[0].plot([0.01, 0.01], RATIOS, linewidth=9, solid_capstyle="butt", **paper)
    column[1].plot([0.01, 0.01], [-LOSS, LOSS], linewidth=9, solid_capstyle="butt", **paper)
    for seeds in groups:
        kind = seeds[0].run.model, seeds[0].run.data
        whole = {bound: [each for each in seeds if each.is_whole(bound)] for bound in sorted(BOUNDS, key=float)}
        shown = [bound for bound in whole if whole[bound]]
        look = {"color": chosen[kind].colour, "marker": chosen[kind].marker, "linestyle": chosen[kind].line}
        for panel, measured in zip(column, (Seed.ratio, Seed.change), strict=True):
            found = {float(bound): [measured(each, bound) for each in whole[bound]] for bound in shown}
            means = [np.mean(values) for values in found.values()]
            panel.plot(list(found), means, label=f"{', '.join(kind)}: mean of seeds" if shown else None, **look)
            for bound, values in found.items():
                panel.plot([bound] * len(values), values, "_", color=look["color"], label="one seed")


def main() -> None:
    """Print the tables and draw the figure, or say how to ask for them."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/evaluation")
    seconds, groups = costs(folder), find(folder, read_results())
    low, high = RATIOS
    paper = ("the paper", "its three sets", "state", "-", "-", "", f"{low}-{high}x, loss under {LOSS}", "", "")
    print(to_markdown(COLUMNS, [paper, *(line(seeds, seconds) for seeds in groups)]))
    print(f"\nWhat is missing takes {hours_left(groups, seconds):.0f} core hours.\n")
    print(to_markdown(("model", "data", "sent", "share of coding at REL 1e-2"), overheads(groups)))
    if len(sys.argv) > 2:
        with house_style():
            Path(sys.argv[2]).write_bytes(to_bytes(draw(groups)))


if __name__ == "__main__":
    main()
