"""Tasks: what a model is for, and the one place that knows what a target is.

Everything that trains, predicts or differentiates goes through a task: the loss of each record, how sure a model is of
it, and how good a model is. `classification`, `binary`, `regression` and `next_token` are built in; a user's own is a
`Task` by its import path.
"""

from fedsz_privacy.data.tasks.classes import binary, classification
from fedsz_privacy.data.tasks.numbers import regression
from fedsz_privacy.data.tasks.task import IGNORED, PerRecord, Scale, Task, find_task
from fedsz_privacy.data.tasks.tokens import next_token

__all__ = ["IGNORED", "PerRecord", "Scale", "Task", "binary", "classification", "find_task", "next_token", "regression"]
