"""How the server makes the next global state of what clients sent: by their average, unless a defence adds to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.state import StateDict, average

Senders = Sequence[Callable[[], StateDict]]
"""What gives each client's decoded updates in k trials, each tensor (k, ...); a client trains once it is asked."""


class Aggregation(Protocol):
    """How the server makes a step of the global state. Equal ones do the same."""

    def for_model(self, model: nn.Module) -> "Aggregation":
        """Return the aggregation as it is for states of a model."""
        ...

    def cohort(self, clients: int, generators: Sequence[Generator]) -> NDArray[np.bool_]:
        """Draw who takes part in a round, shape (trials, clients), by fresh generators, one for each trial."""
        ...

    def step(
        self, states: StateDict, senders: Senders, shares: Sequence[float], generators: Sequence[Generator]
    ) -> dict[str, Tensor]:
        """Return the step that a round takes from the global states, each tensor (k, ...).

        The shares are the clients' weights by records. The generators are fresh ones that `cohort` would draw from.
        """
        ...


@dataclass(frozen=True)
class Average:
    """The mean of all clients' updates by their shares (McMahan et al., AISTATS 2017); it guarantees nothing."""

    def for_model(self, model: nn.Module) -> "Average":  # noqa: ARG002  # an average is the same for all
        """Return the average."""
        return self

    def cohort(self, clients: int, generators: Sequence[Generator]) -> NDArray[np.bool_]:
        """Return that everybody takes part."""
        return np.ones((len(generators), clients), bool)

    def step(
        self,
        states: StateDict,  # noqa: ARG002  # an average does not depend on where it starts
        senders: Senders,
        shares: Sequence[float],
        generators: Sequence[Generator],  # noqa: ARG002  # nothing is drawn
    ) -> dict[str, Tensor]:
        """Return the mean of the updates."""
        return average((send() for send in senders), shares)


AVERAGE = Average()
