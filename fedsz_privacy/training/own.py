"""A user's own training function as a rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from dp_accounting import DpEvent, NonPrivateDpEvent
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_callable
from fedsz_privacy.core.state import StateDict, expand, stack, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.batches import draw_whole, present
from fedsz_privacy.training.modes import detached, holding, seeded

TrainFunction = Callable[[nn.Module, Records, Generator], Any]
"""``train(model, records, generator)``: trains the model in place, from the state that it holds, in training mode."""

UNCLAIMED = "the training function claims no privacy event, so nothing is guaranteed"


@dataclass(frozen=True)
class OwnTraining:
    """A training function of a user's own: the loop that PyTorch and Flower users already have.

    Parameters
    ----------
    function : callable
        ``train(model, records, generator)``. The model holds the global state and is in training mode; the records are
        the client's own. torch's random numbers are seeded from the generator before it is called, so a function that
        draws from torch repeats itself too.
    name : str
        Its import path, or another name for results.
    event : DpEvent
        The privacy event that it claims for all rounds together.
    reason : str
        Why the event holds, in one sentence, for which adversary and adjacency.

    Guarantees
    ----------
    Those that the function claims. The toolkit accounts for the event and does not check it.
    """

    function: TrainFunction
    name: str
    event: DpEvent = NonPrivateDpEvent()  # noqa: RUF009  # a frozen value
    reason: str = UNCLAIMED

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place."""
        model.train()
        with seeded(generator):
            self.function(model, records, generator)

    def draw(
        self,
        membership: NDArray[np.bool_],
        generators: Sequence[Generator],  # noqa: ARG002  # the function draws its own batches
    ) -> NDArray[np.int64]:
        """Return all records of every client, as one batch: what the function makes of them is its own affair."""
        return draw_whole(membership)

    def train_many(
        self,
        model: nn.Module,
        states: StateDict,
        records: Records,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Train one client after another."""
        starts, trained = expand(states, len(batches)), []
        for row, ((batch,), generator) in enumerate(zip(batches, generators, strict=True)):
            copy = holding(model, unstack(starts, row))
            self.train(copy, records.select(present(batch)), generator)
            trained.append(detached(copy))
        return stack(trained)

    def sized(self, records: int) -> Self:  # noqa: ARG002  # the function is given its records
        """Return this rule."""
        return self


def find_training(path: str) -> OwnTraining:
    """Return the training function that ``module:name`` names, with the privacy event that it claims, if any.

    A function claims an event by two attributes, ``event``, a `dp_accounting.DpEvent`, and ``reason``, one sentence.

    Raises
    ------
    InputError
        If there is none, or it claims an event without a reason.
    """
    function = import_callable(path)
    event, reason = getattr(function, "event", None), getattr(function, "reason", None)
    if event is None:
        return OwnTraining(function, path)
    if not isinstance(event, DpEvent):
        raise InputError(f"{path} has an event of type {type(event).__name__}: make it a dp_accounting.DpEvent")
    if not (isinstance(reason, str) and reason.strip()):
        raise InputError(
            f"{path} claims an event without a reason: say why it holds in {path.rpartition(':')[2]}.reason"
        )
    return OwnTraining(function, path, event, reason)
