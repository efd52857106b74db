"""Scores that are checked: who was a member, in which run, and what each signal says of each release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.studies.scores.checking import (
    as_members,
    as_scores,
    choose_reference,
    choose_signals,
    require_once,
    require_same,
    to_levels,
    to_records,
)
from analysis.studies.scores.readers.columns import RECORD, RELEASE, RUN, Columns
from attacks import Scores
from fedsz_privacy.core.errors import InputError


@dataclass(frozen=True)
class ScoreTable:
    """Attack scores; all releases and signals on the same runs and records, in one order.

    Attributes
    ----------
    run, record : intp arrays, shape (scores,)
        Which run and which record each score is of, both numbered from 0 without a gap; no pair twice.
    member : bool array, shape (scores,)
        Whether that record was a member in that run.
    scores : mapping of str to mapping of str to float64 array, shape (scores,)
        Finite scores as ``scores[release][signal]``, higher for members.
    reference : str
        The release that the others are compared to.
    layout : str
        Whose layout the file had.
    """

    run: NDArray[np.intp]
    record: NDArray[np.intp]
    member: NDArray[np.bool_]
    scores: Mapping[str, Mapping[str, Scores]]
    reference: str
    layout: str

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.run.max()) + 1

    @property
    def records(self) -> int:
        """Number of records, of all runs together."""
        return int(self.record.max()) + 1

    @property
    def one_a_run(self) -> bool:
        """Whether every run has one record."""
        return len(self.run) == self.runs


def to_table(columns: Columns, where: str, signals: Sequence[str], lower: Sequence[str], reference: str) -> ScoreTable:
    """Return the scores of a file, checked.

    Parameters
    ----------
    columns : Columns
        What the file holds.
    where : str
        What the file is called.
    signals : sequence of str
        Signals to keep; empty for all.
    lower : sequence of str
        Those that are lower for members, whose sign is turned.
    reference : str
        The release that others are compared to; empty for ``none``, or the first in the file.

    Raises
    ------
    InputError
        If values are missing or no numbers, there are no members or no non-members, a record has several scores in one
        run, several runs or releases do not say which record a score is of, or releases have different records.
    """
    member = as_members(columns.member, where)
    values = {name: as_scores(columns, name, where) for name in choose_signals(columns, signals, where)}
    if unknown := [name for name in lower if name not in values]:
        raise InputError(f"lower {unknown[0]!r}: choose among the signals of {where}, {', '.join(values)}")
    values = {name: -scores if name in lower else scores for name, scores in values.items()}
    keys = {name: to_levels(columns, name) for name in (RUN, RELEASE)}
    keys[RECORD] = to_records(columns, {name: len(labels) for name, (labels, _) in keys.items()}, where)
    (runs, run), (releases, release), (records, record) = (keys[name] for name in (RUN, RELEASE, RECORD))
    place = run * len(records) + record
    rows = {name: np.flatnonzero(release == number) for number, name in enumerate(releases)}
    ordered = {name: chosen[np.argsort(place[chosen], kind="stable")] for name, chosen in rows.items()}
    for name, chosen in ordered.items():
        require_once(place[chosen], runs, records, where if len(releases) == 1 else f"release {name} of {where}")
    compared_to = choose_reference(columns, reference, releases, where)
    first = ordered[compared_to]
    for name, chosen in ordered.items():
        require_same(place[chosen], place[first], member[chosen], member[first], (name, compared_to), where)
    return ScoreTable(
        run=np.unique(run[first], return_inverse=True)[1],
        record=np.unique(record[first], return_inverse=True)[1],
        member=member[first],
        scores={
            name: {signal: scores[ordered[name]] for signal, scores in values.items()}
            for name in dict.fromkeys([compared_to, *releases])
        },
        reference=compared_to,
        layout=columns.layout,
    )
