"""Scores that are checked: who was a member, in which run, and what each signal says of each release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.scores.readers.columns import RECORD, RELEASE, RUN, Columns
from analysis.studies.spec import REFERENCE
from attacks import Scores
from fedsz_privacy.core.errors import InputError

MOST_SCORES = 10**7

MOST_SIGNALS = 32
"""More columns are features that were left in the file, not attacks."""

HUGE = 1e300
"""Beyond it, scores are divided, which keeps their order."""

ALONE = "scores"
"""The release of a file that names none."""


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
    member = _as_members(columns.member, where)
    values = {name: _as_scores(columns, name, where) for name in _chosen(columns, signals, where)}
    if unknown := [name for name in lower if name not in values]:
        raise InputError(f"lower {unknown[0]!r}: choose among the signals of {where}, {', '.join(values)}")
    values = {name: -scores if name in lower else scores for name, scores in values.items()}
    keys = {name: _levels(columns, name) for name in (RUN, RELEASE)}
    keys[RECORD] = _record(columns, {name: len(labels) for name, (labels, _) in keys.items()}, where)
    (runs, run), (releases, release), (records, record) = (keys[name] for name in (RUN, RELEASE, RECORD))
    place = run * len(records) + record
    rows = {name: np.flatnonzero(release == number) for number, name in enumerate(releases)}
    ordered = {name: chosen[np.argsort(place[chosen], kind="stable")] for name, chosen in rows.items()}
    for name, chosen in ordered.items():
        _require_once(place[chosen], runs, records, where if len(releases) == 1 else f"release {name} of {where}")
    compared_to = _reference(columns, reference, releases, where)
    first = ordered[compared_to]
    for name, chosen in ordered.items():
        _require_same(place[chosen], place[first], member[chosen], member[first], (name, compared_to), where)
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


def _as_members(member: NDArray[Any], where: str) -> NDArray[np.bool_]:
    if not 0 < len(member) <= MOST_SCORES:
        raise InputError(f"{where} has {len(member)} scores: give 1 to {MOST_SCORES}")
    words = {"True": True, "true": True, "False": False, "false": False}
    if member.dtype.kind in "OU" and all(str(value) in words for value in np.unique(member.astype(str))):
        member = np.array([words[str(value)] for value in member])
    if member.dtype.kind not in "biuf" or not np.isin(member, (0, 1)).all():
        raise InputError(f"membership of {where} has values such as {_odd(member)!r}: give true and false, or 1 and 0")
    members = member.astype(np.bool_)
    if members.all() or not members.any():
        raise InputError(f"{where} has no {'non-members' if members.all() else 'members'}: give scores of both")
    return members


def _odd(member: NDArray[Any]) -> str:
    return str(next((value for value in member if value not in (0, 1)), member[0]))


def _chosen(columns: Columns, signals: Sequence[str], where: str) -> Sequence[str]:
    if unknown := [name for name in signals if name not in columns.signals]:
        known = ", ".join(columns.signals) or "none"
        raise InputError(f"signal {unknown[0]!r}: {where} has no such scores, choose among {known}")
    if not columns.signals:
        raise InputError(f"{where} has no column of scores: add one beside the membership, higher for members")
    chosen = signals or list(columns.signals)
    if len(chosen) > MOST_SIGNALS:
        raise InputError(f"{where} has {len(chosen)} columns of scores: choose {MOST_SIGNALS} or fewer by --signal")
    return chosen


def _as_scores(columns: Columns, name: str, where: str) -> Scores:
    """Return finite scores in their order: infinite ones become the next number beyond all others."""
    values = columns.signals[name]
    if values.shape != columns.member.shape:
        raise InputError(
            f"{where} has {len(values)} scores {name!r} and {len(columns.member)} memberships: give as many"
        )
    if values.dtype.kind not in "biuf":
        raise InputError(f"column {name!r} of {where} is no number everywhere: name the columns of scores by --signal")
    scores = values.astype(np.float64)
    if missing := int(np.isnan(scores).sum()):
        raise InputError(f"{missing} scores {name!r} of {where} are NaN or missing: leave these records out beforehand")
    finite = scores[np.isfinite(scores)]
    if np.abs(finite).max(initial=0) > HUGE:
        scores, finite = scores / 2**10, finite / 2**10  # so that differences of scores are finite
    most = np.nextafter(np.abs(finite).max(initial=1), np.inf)
    return np.clip(scores, -most, most)


def _levels(columns: Columns, name: str) -> tuple[Sequence[str], NDArray[np.intp]]:
    """Return the labels of a key and the number of each score's, in the order of their first appearance."""
    if name not in columns.keys:
        return [ALONE], np.zeros(len(columns.member), np.intp)
    labels, first, codes = np.unique(columns.keys[name], return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return [str(labels[each]) for each in order], number[codes]


def _record(columns: Columns, levels: Mapping[str, int], where: str) -> tuple[Sequence[str], NDArray[np.intp]]:
    if RECORD in columns.keys:
        return _levels(columns, RECORD)
    if several := [f"{count} {name}s" for name, count in levels.items() if count > 1]:
        raise InputError(
            f"{where} has {' and '.join(several)} and no column {RECORD!r}: add one, so that it is known which scores "
            "are of the same record"
        )
    numbers = np.arange(len(columns.member))
    return [str(number) for number in numbers], numbers


def _reference(columns: Columns, reference: str, releases: Sequence[str], where: str) -> str:
    if reference and RELEASE not in columns.keys:
        raise InputError(f"reference {reference!r}: {where} has no column {RELEASE!r}, leave the option out")
    if reference and reference not in releases:
        raise InputError(f"reference {reference!r}: choose among the releases of {where}, {', '.join(releases)}")
    return reference or (REFERENCE if REFERENCE in releases else releases[0])


def _require_once(place: NDArray[np.intp], runs: Sequence[str], records: Sequence[str], where: str) -> None:
    repeated = np.flatnonzero(np.diff(place) == 0)
    if repeated.size:
        run, record = divmod(int(place[repeated[0]]), len(records))
        inside = f" in run {runs[run]}" if len(runs) > 1 else ""
        raise InputError(
            f"{where} has several scores of record {records[record]!r}{inside}: aggregate them, or name runs by a "
            f"column {RUN!r}"
        )


def _require_same(
    place: NDArray[np.intp],
    other_place: NDArray[np.intp],
    member: NDArray[np.bool_],
    other_member: NDArray[np.bool_],
    names: tuple[str, str],
    where: str,
) -> None:
    if not np.array_equal(place, other_place):
        counts = (
            f"{len(place)} and {len(other_place)} scores, {np.intersect1d(place, other_place).size} of them of both"
        )
        raise InputError(
            f"releases {names[0]} and {names[1]} of {where} have {counts}: give every release the same runs and records"
        )
    if not np.array_equal(member, other_member):
        differ = int((member != other_member).sum())
        raise InputError(
            f"releases {names[0]} and {names[1]} of {where} differ in who was a member, {differ} times: pair releases "
            "of the same runs"
        )
