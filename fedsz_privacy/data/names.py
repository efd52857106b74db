"""What data sets and tasks are called; asking loads no records, so that a wrong name is refused at once."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.files import is_folder, require_file
from fedsz_privacy.core.imports import require_module
from fedsz_privacy.core.names import require_known

DATA_NAMES = ("digits", "breast-cancer", "diabetes", "wine")
"""Data sets inside scikit-learn."""

TABLES = (".csv", ".parquet")
"""How the name of a file of columns ends."""

EFFICIENTNET = "efficientnet-lite0"
"""Weights inside a package."""

FILES: Mapping[str, str] = MappingProxyType(
    {
        ".npz": "give an .npz file with x_train, y_train, x_test, y_test",
        ".txt": "give a .txt file with a record on each line",
        **dict.fromkeys(TABLES, "give a .csv or .parquet file"),
    }
)
"""How the name of a file ends, and what to give where there is none of the name."""

HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")

TASK_NAMES = ("classification", "binary", "regression", "next-token")


def require_data(name: str) -> None:
    """Raise InputError for a name that is no data set's, no import path, and no path of what could be one."""
    path = Path(name)
    if remedy := FILES.get(path.suffix.lower()):
        require_file(path, remedy)
    elif name in DATA_NAMES or HUB_NAME.fullmatch(name) or (name and is_folder(path)):
        return
    elif ":" in name:
        require_module(name)
    else:
        raise InputError(
            f"unknown data set {name!r}: write {', '.join(DATA_NAMES)}, the path of a folder or an .npz, .csv, "
            ".parquet or .txt file, owner/name on the hub, or module:function"
        )


def require_target(name: str, target: str) -> None:
    """Raise InputError for a column that a table lacks, for none where it needs one, and for one of other data."""
    if Path(name).suffix.lower() in TABLES:
        from fedsz_privacy.data.frames import require_column

        require_column(Path(name), target)
    elif target:
        raise InputError(f"target {target!r}: {name} has no columns to choose from, leave it out")


def require_task(name: str) -> None:
    """Raise InputError for a name that is neither a built-in task's nor an import path."""
    require_known("task", name, TASK_NAMES, "write module:TASK for one of your own")
