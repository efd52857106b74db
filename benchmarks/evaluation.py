"""Run the FedSZ paper's evaluation, cheap rows of its table first; stopped at any time, it goes on when run again.

Run with: python benchmarks/evaluation.py FOLDER_OF_DATA_SETS [RUNS]; then python benchmarks/evaluation_table.py [RUNS]
"""

import sys
from datetime import datetime
from pathlib import Path

from evaluation_costs import costs
from evaluation_kept import Result, add_result, read_results, rounds_path
from evaluation_plan import Cell, cells

from analysis.studies.federation.found import RoundRow
from analysis.studies.federation.kept_rounds import continue_rounds
from analysis.studies.federation.prepare import prepare
from fedsz_privacy.core.threads import one_thread


@one_thread()
def play(cell: Cell, data: Path, folder: Path) -> list[RoundRow]:
    """Play a federation, or what is left of it, as `fedsz-privacy federate` does."""
    question = cell.question(data)
    there, defence = prepare(question), question.parse_defences()[-1]
    federation = there.federation(question, defence)
    path, about = rounds_path(folder, cell), {"federation": cell.name}
    rows = []
    for row in continue_rounds(federation, there.split.test, question.rounds, path, about, say, None):
        say(f"{cell.name} round {row.round + 1}/{question.rounds} accuracy {row.performance:.4f}")
        rows.append(row)
    return rows


def say(line: str) -> None:
    """Print a line with the time."""
    print(datetime.now().strftime("%d %H:%M:%S"), line, flush=True)


def main() -> None:
    """Play all federations that are not finished."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "runs/evaluation")
    for cell in cells(costs(folder)):
        if cell not in read_results():
            add_result(cell, Result.of(play(cell, data, folder)))


if __name__ == "__main__":
    main()
