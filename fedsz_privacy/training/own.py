"""A user's own training function as a rule."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from warnings import catch_warnings, filterwarnings

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.imports import import_callable
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.accounting import History, composed, describe, event_of, require_accountable
from fedsz_privacy.training.batches import draw_whole, present
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.isolation import isolated
from fedsz_privacy.training.modes import detached, holding
from fedsz_privacy.training.one_by_one import train_each

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
        the client's own. Random numbers of torch, and global ones of NumPy and Python, are seeded from the generator
        before it is called, so a function that draws from those repeats itself too. It may return the ``PrivacyEngine``
        of Opacus that it trained by, or keep it in an attribute ``privacy_engine``, for `claimed` to read; all else
        that it returns is ignored.
    name : str
        Its import path, or another name for results.
    claim : DpEvent
        The privacy event of one training.
    reason : str
        Why the event holds, in one sentence, for which adversary and adjacency.
    rounds : int
        Trainings of one client that `event` covers.

    Guarantees
    ----------
    Those that the function claims. The toolkit accounts for the event and does not check it.
    """

    function: TrainFunction
    name: str
    claim: DpEvent = NonPrivateDpEvent()  # noqa: RUF009  # a frozen value
    reason: str = UNCLAIMED
    rounds: int = 1

    @property
    def event(self) -> DpEvent:
        """The privacy event of all rounds together."""
        return composed(self.claim, self.rounds)

    @property
    def remedy(self) -> str:
        """What helps where training diverges: only the function knows its steps."""
        return f"let {self.name} take smaller steps"

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place."""
        self._call(model, records, generator)

    def draw(
        self,
        membership: NDArray[np.bool_],
        generators: Sequence[Generator],  # noqa: ARG002  # the function draws its own batches
    ) -> NDArray[np.int64]:
        """Return all records of every client, as one batch: what the function makes of them is its own affair."""
        return draw_whole(membership)

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train one client after another."""

        def train(copy: nn.Module, batches: NDArray[np.int64], generator: Generator) -> None:
            self._call(copy, clients.records.select(present(batches)), generator)

        return train_each(train, model, clients)

    def sized(self, records: int) -> Self:  # noqa: ARG002  # the function is given its records
        """Return this rule."""
        return self

    def over(self, rounds: int) -> Self:
        """Return the same rule with the event of several trainings of one client."""
        return replace(self, rounds=rounds)

    def claimed(self, model: nn.Module, records: Records, generator: Generator) -> Self:
        """Return the rule with the event that Opacus counts in one training of a copy of a model.

        A function that claims an event itself is not called, and one that shows no ``PrivacyEngine`` claims nothing.

        Parameters
        ----------
        model : nn.Module
            The architecture, and the state to start from.
        records : Records
            As many as the client holds that holds the fewest.
        generator : Generator
            Of this training alone.

        Notes
        -----
        Opacus samples at a rate of one over the number of batches of a client's own data, so the event holds for
        clients with as many records or more; the reason says so.
        """
        if not isinstance(self.claim, NonPrivateDpEvent):
            return self
        history = self._history(holding(model, detached(model)), records, generator)
        if not history:
            return self
        return replace(self, claim=event_of(history), reason=_reason(history, len(records)))

    def _history(self, model: nn.Module, records: Records, generator: Generator) -> History:
        returned = self._call(model, records, generator)
        for engine in (returned, getattr(self.function, "privacy_engine", None)):
            if (accountant := getattr(engine, "accountant", None)) is not None:
                return tuple(accountant.history)
        return ()

    def _call(self, model: nn.Module, records: Records, generator: Generator) -> Any:
        model.train()
        with quiet(), isolated(int(generator.integers(2**63))):
            return self.function(model, records, generator)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from users what Opacus warns of: how it hooks in, and that noise which repeats is not secure."""
    with catch_warnings():
        filterwarnings("ignore", module=r"opacus\.")
        filterwarnings("ignore", message="Full backward hook is firing")
        yield


def find_training(path: str) -> OwnTraining:
    """Return the training function that ``module:name`` names, with the privacy event that it claims, if any.

    A function claims the event of one training by two attributes, ``event``, a `dp_accounting.DpEvent`, and ``reason``,
    one sentence.

    Raises
    ------
    InputError
        If there is none, or it claims an event without a reason.
    """
    function = import_callable(path)
    try:
        inspect.signature(function).bind(None, None, None)
    except TypeError as error:
        raise InputError(f"{path} cannot be called as train(model, records, generator) ({error})") from None
    event, reason = getattr(function, "event", None), getattr(function, "reason", None)
    if event is None:
        return OwnTraining(function, path)
    if not isinstance(event, DpEvent):
        raise InputError(f"{path} has an event of type {type(event).__name__}: make it a dp_accounting.DpEvent")
    require_accountable(event, path)
    if not (isinstance(reason, str) and reason.strip()):
        raise InputError(
            f"{path} claims an event without a reason: say why it holds in {path.rpartition(':')[2]}.reason"
        )
    return OwnTraining(function, path, event, reason)


def _reason(history: History, records: int) -> str:
    return (
        f"read from Opacus' accountant after one training on {records} records ({describe(history)}), accounted "
        "by dp-accounting, for one record added or removed; it holds if every training does the same, by "
        "Poisson sampling, on as many records or more"
    )
