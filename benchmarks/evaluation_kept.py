"""What federations of the evaluation came to: finished ones in a small file for good, rounds of others in the runs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from evaluation_plan import Cell, Run
from safetensors import safe_open

from analysis.studies.federation.found import RoundRow
from fedsz_privacy.core.files import write_atomically
from fedsz_privacy.core.sealed import ENTRY
from fedsz_privacy.federation.payload import Payload

RESULTS = Path(__file__).parents[1] / "docs" / "paper" / "evaluation.csv"
"""Federations are finished in several sittings, on one machine after another; this goes along with the code."""

COLUMNS = ("model", "data", "sent", "seed", "bound", "accuracy", "bytes", "coding")


@dataclass(frozen=True)
class Result:
    """What a finished federation came to.

    Parameters
    ----------
    accuracy : float
        After the last round.
    nbytes : float
        That a client sends in a round, in the mean.
    coding : float
        Share of training, encoding and decoding that is not training.
    """

    accuracy: float
    nbytes: float
    coding: float

    @classmethod
    def of(cls, rows: Sequence[RoundRow]) -> "Result":
        """Return what all rounds of a federation came to."""
        coding = sum(row.encode_seconds + row.decode_seconds for row in rows)
        training = sum(row.training_seconds for row in rows)
        return cls(rows[-1].performance, float(np.mean([row.nbytes for row in rows])), coding / (coding + training))


def read_results(path: Path = RESULTS) -> dict[Cell, Result]:
    """Return the finished federations in a file; none if there is no file."""
    if not path.exists():
        return {}
    return {_cell(row): _result(row) for row in csv.DictReader(io.StringIO(path.read_text()))}


def add_result(cell: Cell, result: Result, path: Path = RESULTS) -> None:
    """Put a finished federation into a file."""
    results = {**read_results(path), cell: result}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(sorted(_row(each, results[each]) for each in results))
    write_atomically(path, text.getvalue().encode())


def rounds_path(folder: Path, cell: Cell) -> Path:
    """Return where the runs in a folder keep the rounds of a federation."""
    return folder / f"{cell.name}.safetensors"


def kept_rounds(folder: Path, cell: Cell) -> list[RoundRow]:
    """Return the rounds of a federation that are kept by now; none yet if none is."""
    path = rounds_path(folder, cell)
    if not path.exists():
        return []
    with safe_open(path, "numpy") as file:
        return [RoundRow(**row) for row in json.loads(file.metadata()[ENTRY])["rows"]]


def _row(cell: Cell, result: Result) -> tuple[str, ...]:
    run = cell.run
    named = run.model, run.data, str(run.payload), str(run.seed), cell.bound or ""
    return (*named, f"{result.accuracy:.4f}", f"{result.nbytes:.0f}", f"{result.coding:.4f}")


def _cell(row: Mapping[str, str]) -> Cell:
    return Cell(Run(row["model"], row["data"], Payload(row["sent"]), int(row["seed"])), row["bound"] or None)


def _result(row: Mapping[str, str]) -> Result:
    return Result(float(row["accuracy"]), float(row["bytes"]), float(row["coding"]))
