"""Records, what a model is to make of them, and where they come from."""

from typing import TYPE_CHECKING

from fedsz_privacy.core.lazy import lazy

if TYPE_CHECKING:
    from fedsz_privacy.data.loading import load_data
    from fedsz_privacy.data.records import DataSplit, Records, join
    from fedsz_privacy.data.tasks import Scale, Task, binary, classification, next_token, regression

_HOMES = {
    "DataSplit": "records",
    "Records": "records",
    "Scale": "tasks",
    "Task": "tasks",
    "binary": "tasks",
    "classification": "tasks",
    "join": "records",
    "load_data": "loading",
    "next_token": "tasks",
    "regression": "tasks",
}

__all__ = [
    "DataSplit",
    "Records",
    "Scale",
    "Task",
    "binary",
    "classification",
    "join",
    "load_data",
    "next_token",
    "regression",
]

__getattr__ = lazy(__name__, _HOMES)
