"""Run the FedSZ paper's evaluation, cheap rows of its table first; stopped at any time, it goes on when run again.

Run with: python benchmarks/evaluation.py FOLDER_OF_DATA_SETS [RUNS]; then python benchmarks/evaluation_table.py [RUNS]
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from evaluation_costs import costs
from evaluation_kept import kept_rounds
from evaluation_plan import Turn, turns

from analysis.studies.federation.report import write_federation
from analysis.studies.federation.results import RoundRow
from analysis.studies.federation.run import run_federation

Item = TypeVar("Item")


class TurnEndsError(Exception):
    """The next defence of a run is for a later turn."""


@dataclass(frozen=True)
class Told:
    """Progress of a turn, a line a round.

    Parameters
    ----------
    name : str
        Of the run.
    due : sequence of str
        The defences of the turn; it ends before any other.
    """

    name: str
    due: Sequence[str]

    def __call__(self, items: Iterable[Item], description: str, total: int) -> Iterable[Item]:
        """Yield the rounds of a defence."""
        if description not in self.due:
            raise TurnEndsError
        for item in items:
            if isinstance(item, RoundRow):
                say(f"{self.name} {description} round {item.round + 1}/{total} accuracy {item.performance:.4f}")
            yield item


def say(line: str) -> None:
    """Print a line with the time."""
    print(datetime.now().strftime("%d %H:%M:%S"), line, flush=True)


def play(turn: Turn, data: Path, folder: Path) -> None:
    """Play a turn, or what is left of it."""
    question, path = turn.run.question(data), folder / turn.run.name
    if all(len(kept_rounds(path, number)) == question.rounds for number in range(len(turn.due))):
        return
    try:
        write_federation(*run_federation(question, path, Told(turn.run.name, turn.due), say))
    except TurnEndsError:
        say(f"{turn.run.name} up to REL {turn.bound} is done")


def main() -> None:
    """Play all turns."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "runs/evaluation")
    for turn in turns(costs(folder)):
        play(turn, data, folder)


if __name__ == "__main__":
    main()
