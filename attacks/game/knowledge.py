"""What an adversary knows beside what it sees: model, states and candidates, and gradients of their losses."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property

from torch import Tensor, nn

from fedsz_privacy.core.magnitude import magnitudes
from fedsz_privacy.core.state import StateDict, cloned, length, nbytes, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.gradients import GRADIENT_BYTES, gradient_chunks, gradient_names


@dataclass(frozen=True)
class Gradients:
    """Gradients of some candidates' losses at one state, and their norms, which are worked out once for all updates.

    Parameters
    ----------
    each : Tensor
        Of shape (candidates, parameters that train); nobody may write into it.
    """

    each: Tensor

    @cached_property
    def squares(self) -> Tensor:
        """Squared norms of the gradients, float64 of shape (candidates,)."""
        units = magnitudes(self.each)
        return (self.each / units).square().sum(dim=1).double() * units[:, 0].double().square()

    @cached_property
    def total(self) -> Tensor:
        """Sum of the gradients, shape (parameters,)."""
        return self.each.sum(dim=0)


@dataclass(frozen=True)
class Knowledge:
    """What the adversary knows before an update is released: the model, the state it starts from, and the candidates.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    states : StateDict
        The global state of each of k trials, each tensor of shape (k, ...), or (1, ...) if all trials share it.
    pool : Records
        The candidate records.
    """

    model: nn.Module
    states: StateDict
    pool: Records
    _original: "Knowledge | None" = field(default=None, init=False, repr=False, compare=False)

    def copied(self) -> "Knowledge":
        """Return a copy that its holder may write into; gradients are worked out and kept once for all copies."""
        copy = Knowledge(deepcopy(self.model), cloned(self.states), self.pool.copied())
        object.__setattr__(copy, "_original", self._original or self)
        return copy

    @property
    def shared(self) -> bool:
        """Whether all trials start from one state."""
        return length(self.states) == 1

    def at(self, states: StateDict) -> "Knowledge":
        """Return what the adversary knows before a round that starts from other states."""
        return self if states is self.states else replace(self, states=states)

    @property
    def trained(self) -> list[str]:
        """Names of the parameters that train, in the order of the state: those that gradients are taken by."""
        return gradient_names(self.model, self.states)

    def shared_gradients(self) -> Iterator[Tensor]:
        """Yield the gradients of some candidates' losses at the state that all trials share, (some, parameters).

        The candidates come in order. They are kept if those of all take no more than `GRADIENT_BYTES`, and worked out
        again for every view otherwise: those of a large model would not fit into memory together. The caller may write
        into what it is given.
        """
        return (chunk.each.clone() for chunk in self.lasting_gradients())

    def lasting_gradients(self) -> Iterator[Gradients]:
        """Yield `shared_gradients` themselves, which nobody may write into."""
        return (self._original or self)._gradients()

    def _gradients(self) -> Iterator[Gradients]:
        if len(self.pool) * nbytes(self.states) <= GRADIENT_BYTES:
            yield self._kept_gradients
        else:
            yield from map(Gradients, gradient_chunks(self.model, unstack(self.states, 0), self.pool))

    @cached_property
    def _kept_gradients(self) -> Gradients:
        (every,) = gradient_chunks(self.model, unstack(self.states, 0), self.pool)
        return Gradients(every)
