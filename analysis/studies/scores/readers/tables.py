"""Scores in .csv and .parquet files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from analysis.studies.scores.readers.columns import MEMBER, OWN_LAYOUT, PRIVACY_GUARD, RECORD, Columns
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.data.frames import column_names, read_frame

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def read_table(path: Path) -> Columns:
    """Return the scores of a table: this toolkit's own columns, or PrivacyGuard's.

    Raises
    ------
    InputError
        If it cannot be read, has no membership, or a value of a key is missing.
    """
    names = column_names(path)
    layout = PRIVACY_GUARD if PRIVACY_GUARD.fits(names) else OWN_LAYOUT
    if not layout.fits(names):
        raise InputError(
            f"{path} has no column {MEMBER!r}: add one that is true for members, or 1, and else false, or 0"
        )
    frame = read_frame(path, layout.member)
    keys = {key: _key(frame, name, path) for key, name in layout.keys.items() if name in frame}
    if layout is PRIVACY_GUARD:
        # PrivacyGuard numbers the users of both of its tables from 0.
        keys[RECORD] = (frame[MEMBER].astype(str) + " " + frame["user_id"].astype(str)).to_numpy(dtype=str)
    others = [name for name in frame if name != layout.member and name not in layout.keys.values()]
    return Columns(
        layout=layout.maker,
        member=_whole(frame, layout.member, path).to_numpy(),
        signals={str(name): frame[name].to_numpy() for name in layout.signals or others},
        keys=keys,
    )


def _key(frame: "DataFrame", name: str, path: Path) -> NDArray[Any]:
    column = _whole(frame, name, path)
    return column.to_numpy() if column.dtype.kind in "biu" else column.astype(str).to_numpy(dtype=str)


def _whole(frame: "DataFrame", name: str, path: Path) -> "Series[Any]":
    column = frame[name]
    if missing := int(column.isna().sum()):
        raise InputError(f"column {name!r} of {path} lacks {missing} values: give each score its {name}")
    return column
