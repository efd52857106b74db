"""Tables in .csv and .parquet files, by pandas."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedsz_privacy.core.errors import InputError, one_line
from fedsz_privacy.core.files import require_file
from fedsz_privacy.core.optional import optional

if TYPE_CHECKING:
    from pandas import DataFrame

TABLES = (".csv", ".parquet")

MOST_CELLS = 10**8
"""Most cells of a .parquet file, which may take far less room in the file than in memory."""


def read_frame(path: Path, target: str, as_text: bool = False) -> "DataFrame":
    """Return a table that has a target column.

    Parameters
    ----------
    path : Path
        A ``.csv`` file with a line of names first, or a ``.parquet`` file.
    target : str
        Name of the column that a model is to foretell.
    as_text : bool
        Whether only that column is read, letter for letter: in other columns of a ``.csv`` file pandas takes words such
        as "nan", which is also a first name, for missing values.

    Raises
    ------
    InputError
        If the file cannot be read, or has no such column; if pandas is not installed.
    """
    require_file(path, "give a .csv or .parquet file")
    pandas = optional("pandas", "data")
    try:
        csv = path.suffix.lower() == ".csv"
        names = list(pandas.read_csv(path, nrows=0).columns) if csv else _parquet_names(path)
        _require_column(target, names, path)
        settings: dict[str, Any] = {"usecols" if csv else "columns": [target] if as_text else names}
        if csv:
            settings |= {"dtype": str, "keep_default_na": False} if as_text else {"low_memory": False}
        frame: DataFrame = (pandas.read_csv if csv else pandas.read_parquet)(path, **settings)
    except InputError:
        raise
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path} is no table that can be read ({one_line(error)}): save it again") from error
    _require_column(target, list(frame.columns), path)  # pandas may have made it the index
    return frame


def _require_column(target: str, names: list[Any], path: Path) -> None:
    if repeated := sorted({str(name) for name in names if names.count(name) > 1}):
        raise InputError(f"{path} has several columns {repeated[0]!r}: give each a name of its own")
    if target not in names:
        known = ", ".join(map(str, names[:20])) + (", ..." if len(names) > 20 else "")
        asked = f"has no column {target!r}" if target else "needs a column to foretell"
        raise InputError(f"{path} {asked}: choose target from {known}")


def _parquet_names(path: Path) -> list[str]:
    parquet = optional("pyarrow.parquet", "data")
    footer = parquet.read_metadata(path)
    if footer.num_rows * footer.num_columns > MOST_CELLS:
        raise InputError(
            f"{path} has {footer.num_rows} rows of {footer.num_columns} columns: keep to {MOST_CELLS} cells"
        )
    return list(footer.schema.to_arrow_schema().names)
