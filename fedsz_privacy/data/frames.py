"""Tables in .csv and .parquet files, by pandas."""

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file
from fedsz_privacy.core.optional import optional

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_CELLS = 10**8
"""Most cells of a .parquet file, which may take far less room in the file than in memory."""

OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What may stand between columns instead of commas, and is no part of the only column's name."""


def read_frame(path: Path, target: str) -> "DataFrame":
    """Return a table that has a target column.

    Parameters
    ----------
    path : Path
        A ``.csv`` file with a line of names first, or a ``.parquet`` file.
    target : str
        Name of the column that a model is to foretell.

    Raises
    ------
    InputError
        If the file cannot be read, or has no such column; if pyarrow is needed and not installed.
    """
    names = require_column(path, target)
    with _one_line_about(path):
        frame = _read_csv(path, low_memory=False) if _is_csv(path) else _read_parquet(path, names)
    _require_among(target, list(frame.columns), path)  # pandas may have made it the index
    return frame


def read_texts(path: Path, target: str) -> "Series[Any]":
    """Return the target column of a table alone, letter for letter, where that of `read_frame` is read as values.

    In the columns of a ``.csv`` file pandas takes words such as "nan", which is also a first name, for missing values.

    Raises
    ------
    InputError
        As `read_frame` does.
    """
    require_column(path, target)
    with _one_line_about(path):
        as_text: dict[str, Any] = {"dtype": str, "keep_default_na": False}
        frame = _read_csv(path, **as_text) if _is_csv(path) else _read_parquet(path, [target])
    _require_among(target, list(frame.columns), path)
    return frame[target]


def require_column(path: Path, target: str) -> list[str]:
    """Return the names of a table's columns, of which the target is one; of a ``.csv`` file without pandas.

    Raises
    ------
    InputError
        If the file cannot be read, or has no such column, or several of one name; if pyarrow is needed and not
        installed.
    """
    names = column_names(path)
    _require_among(target, names, path)
    return names


def column_names(path: Path) -> list[str]:
    """Return the names of a table's columns as they stand in the file.

    Raises
    ------
    InputError
        If the file cannot be read, or has more than `MOST_CELLS`; if pyarrow is needed and not installed.
    """
    require_file(path, "give a .csv or .parquet file")
    with _one_line_about(path):
        return _csv_names(path) if _is_csv(path) else _parquet_names(path)


@contextmanager
def _one_line_about(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no table that can be read ({one_line(error)}): save it as UTF-8") from error
    except (OSError, ValueError, NotImplementedError, csv.Error, Warning) as error:
        raise InputError(f"{path} is no table that can be read ({one_line(error)}): save it again") from error


def _csv_names(path: Path) -> list[str]:
    """Return the names of columns as they stand in the file; pandas takes seconds and tells two of one name apart."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(dropwhile(str.isspace, file)), [])
    if not names:
        raise ValueError("no columns to read")
    _require_commas(names, path)
    if "" in names:
        raise InputError(f"{path} has a column without a name: give it one, or leave it out if it is an index")
    return names


def _require_commas(names: list[str], path: Path) -> None:
    """Raise InputError if something else seems to stand between the columns, so that there is only one."""
    for mark, told in OTHER_SEPARATORS.items():
        if len(names) == 1 and mark in names[0]:
            raise InputError(f"{path} has {told} between its columns: save it with commas there, and points in numbers")


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv"


def _read_csv(path: Path, **options: Any) -> "DataFrame":
    import pandas

    with warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)  # of rows that are longer than the line of names
        frame: DataFrame = pandas.read_csv(path, index_col=False, **options)
    return frame


def _read_parquet(path: Path, names: list[str]) -> "DataFrame":
    import pandas

    return pandas.read_parquet(path, columns=names)


def _require_among(target: str, names: list[Any], path: Path) -> None:
    if repeated := sorted({str(name) for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has several columns {repeated[0]!r}: give each a name of its own")
    if target not in names:
        known = ", ".join(map(str, names[:20])) + (", ..." if len(names) > 20 else "")
        asked = f"has no column {target!r}" if target else "needs a column to foretell"
        raise InputError(f"{path} {asked}: choose --target from {known}")


def _parquet_names(path: Path) -> list[str]:
    parquet = optional("pyarrow.parquet", "data")
    footer = parquet.read_metadata(path)
    if footer.num_rows * footer.num_columns > MOST_CELLS:
        raise InputError(
            f"{path} has {footer.num_rows} rows of {footer.num_columns} columns: keep to {MOST_CELLS} cells"
        )
    return list(footer.schema.to_arrow_schema().names)
