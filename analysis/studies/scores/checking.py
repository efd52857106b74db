"""Columns of somebody's scores, checked one by one."""

from collections.abc import Mapping, Sequence
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

ALONE = "scores"
"""The release of a file that names none."""

HUGE = 1e300
"""Beyond it, scores are divided, which keeps their order."""


def as_members(member: NDArray[Any], where: str) -> NDArray[np.bool_]:
    """Return membership as bools, of members and of others."""
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


def choose_signals(columns: Columns, signals: Sequence[str], where: str) -> Sequence[str]:
    """Return the columns of scores that are asked for, or all."""
    if unknown := [name for name in signals if name not in columns.signals]:
        known = ", ".join(columns.signals) or "none"
        raise InputError(f"signal {unknown[0]!r}: {where} has no such scores, choose among {known}")
    if not columns.signals:
        raise InputError(f"{where} has no column of scores: add one beside the membership, higher for members")
    chosen = signals or list(columns.signals)
    if len(chosen) > MOST_SIGNALS:
        raise InputError(f"{where} has {len(chosen)} columns of scores: choose {MOST_SIGNALS} or fewer by --signal")
    return chosen


def as_scores(columns: Columns, name: str, where: str) -> Scores:
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


def to_levels(columns: Columns, name: str) -> tuple[Sequence[str], NDArray[np.intp]]:
    """Return the labels of a key and the number of each score's, in the order of their first appearance."""
    if name not in columns.keys:
        return [ALONE], np.zeros(len(columns.member), np.intp)
    labels, first, codes = np.unique(columns.keys[name], return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return [str(labels[each]) for each in order], number[codes]


def to_records(columns: Columns, levels: Mapping[str, int], where: str) -> tuple[Sequence[str], NDArray[np.intp]]:
    """Return the names of the records, and which of them each row is of: by its column, or by the order of rows."""
    if RECORD in columns.keys:
        return to_levels(columns, RECORD)
    if several := [f"{count} {name}s" for name, count in levels.items() if count > 1]:
        raise InputError(
            f"{where} has {' and '.join(several)} and no column {RECORD!r}: add one, so that it is known which scores "
            "are of the same record"
        )
    numbers = np.arange(len(columns.member))
    return [str(number) for number in numbers], numbers


def choose_reference(columns: Columns, reference: str, releases: Sequence[str], where: str) -> str:
    """Return the release that others are compared with."""
    if reference and RELEASE not in columns.keys:
        raise InputError(f"reference {reference!r}: {where} has no column {RELEASE!r}, leave the option out")
    if reference and reference not in releases:
        raise InputError(f"reference {reference!r}: choose among the releases of {where}, {', '.join(releases)}")
    return reference or (REFERENCE if REFERENCE in releases else releases[0])


def require_once(place: NDArray[np.intp], runs: Sequence[str], records: Sequence[str], where: str) -> None:
    """Raise InputError if a record has several scores of one run under one release; places are sorted."""
    repeated = np.flatnonzero(np.diff(place) == 0)
    if repeated.size:
        run, record = divmod(int(place[repeated[0]]), len(records))
        inside = f" in run {runs[run]}" if len(runs) > 1 else ""
        raise InputError(
            f"{where} has several scores of record {records[record]!r}{inside}: aggregate them, or name runs by a "
            f"column {RUN!r}"
        )


def require_same(
    place: NDArray[np.intp],
    other_place: NDArray[np.intp],
    member: NDArray[np.bool_],
    other_member: NDArray[np.bool_],
    names: tuple[str, str],
    where: str,
) -> None:
    """Raise InputError unless two releases have scores of the same records in the same runs, with one membership."""
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
