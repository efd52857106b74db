"""What a task is, and what outputs one can read."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import inf, prod

from numpy.random import Generator
from torch import Tensor

from fedsz_privacy.core.imports import import_object, is_users_own, require_type
from fedsz_privacy.data.copies import OnCopies

IGNORED = -100
"""Target of a position that is no token, in PyTorch's convention: it adds nothing to a loss."""

Shape = tuple[int, ...]

PerRecord = Callable[[Tensor, Tensor], Tensor]
"""From outputs, (records, ...), and targets, (records, ...), to one number for each record, shape (records,)."""


class Scale(Enum):
    """What numbers a metric has, and which of them are better."""

    SHARE = "share"
    """Of what is right, from 0 to 1: more is better."""

    SCORE = "score"
    """A number in a unit of its own: more is better."""

    ERROR = "error"
    """A distance from what is right, in a unit of its own: less is better."""

    @property
    def limits(self) -> tuple[float, float]:
        """The least and the greatest value that there can be."""
        return (-inf if self is Scale.SCORE else 0.0, 1.0 if self is Scale.SHARE else inf)

    def lost(self, before: float, after: float) -> float:
        """Return how much worse a metric is after than before, in its own unit; negative where it is better."""
        return after - before if self is Scale.ERROR else before - after


@dataclass(frozen=True)
class Task:
    """What a model is for.

    Parameters
    ----------
    name : str
        Its name in results and messages.
    outputs : int
        How many numbers the model puts out for a record, or for a token; a model factory is given it.
    loss : callable
        What training makes small: a mean over records is descended.
    confidence : callable
        How sure the model is of each record's target, higher for records that it trained on. Likelihood-ratio attacks
        fit normal distributions to it, so it should be unbounded and without a heavy tail.
    metric : str
        What `measure` is called, such as "accuracy".
    measure : callable
        How good the model is on each record; the mean over test records is shown.
    mistake : callable
        From targets and a generator to as many wrong targets, for canaries.
    draw : callable
        From targets and a generator to as many targets that have nothing to do with their records.
    wants : str
        What outputs it needs, in words.
    fits : callable
        From the shapes of outputs and targets to whether the task can read such outputs.
    reads_logits : bool
        Whether the outputs are logits of classes, one for each, which some signals read.
    scale : Scale
        What numbers `measure` gives, and which of them are better.
    """

    name: str
    outputs: int
    loss: PerRecord
    confidence: PerRecord
    metric: str
    measure: PerRecord
    mistake: Callable[[Tensor, Generator], Tensor]
    draw: Callable[[Tensor, Generator], Tensor]
    wants: str = "one float tensor, records first"
    fits: Callable[[Shape, Shape], bool] = lambda outputs, targets: outputs[:1] == targets[:1]
    reads_logits: bool = False
    scale: Scale = Scale.SCORE

    def __post_init__(self) -> None:
        # Outputs, and targets of the records themselves, go to every function in turn.
        for name in ("loss", "confidence", "measure", "mistake", "draw"):
            if is_users_own(function := getattr(self, name)):
                object.__setattr__(self, name, OnCopies(function))


def find_task(path: str) -> Task:
    """Return the task of a user's own that an import path ``module:NAME`` names.

    Raises
    ------
    InputError
        If there is none, or it is no `Task`.
    """
    return require_type(Task, import_object(path), path)


def are_logits(outputs: Shape, targets: Shape, count: int) -> bool:
    """Return whether there are so many outputs for each target."""
    return outputs == (*targets, count)


def are_numbers(outputs: Shape, targets: Shape, count: int) -> bool:
    """Return whether there are so many outputs for each record, whatever their shape."""
    return outputs[:1] == targets[:1] and prod(outputs[1:]) == count
