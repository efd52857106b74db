"""Which reader a file of scores goes to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from analysis.studies.scores.readers.columns import Columns
from analysis.studies.scores.readers.leakpro import read_json_scores
from analysis.studies.scores.readers.npz import read_npz
from analysis.studies.scores.readers.tables import read_table
from fedsz_privacy.core.errors import InputError

READERS: Mapping[str, Callable[[Path], Columns]] = MappingProxyType(
    {".csv": read_table, ".parquet": read_table, ".npz": read_npz, ".json": read_json_scores}
)
"""Readers by the end of a file's name."""

NEVER_READ = (".npy", ".pkl", ".pickle", ".joblib", ".pt", ".pth")
"""Ends of names of files that hold no membership beside the scores, or would run code when they are read."""


def read_columns(path: Path) -> Columns:
    """Return what a file of scores holds.

    Raises
    ------
    InputError
        If it is of no kind that is read, cannot be read, or holds no scores.
    """
    kind = path.suffix.lower()
    if kind in NEVER_READ:
        raise InputError(
            f"{path} is not read, for it may hold pickled objects, or no membership: where it is trusted, load it and "
            "export by numpy.savez('scores.npz', member=..., score=...)"
        )
    if kind not in READERS:
        raise InputError(f"{path} is of no kind that is read: give {', '.join(READERS)}")
    return READERS[kind](path)
