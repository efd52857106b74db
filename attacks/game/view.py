"""What an adversary holds when it decides who was a member."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.magnitude import magnitude_of, magnitudes
from fedsz_privacy.core.state import StateDict, add, cloned, length, nbytes, rows, stack_of_one, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.data.tasks import PerRecord
from fedsz_privacy.training.evaluation import predict
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


@dataclass(frozen=True)
class Descents:
    """How updates lie to the negative gradients -g of the candidates' losses at the state they start from.

    Parameters
    ----------
    products : Tensor
        Inner products of update and -g by parameter, float64 of shape (k, candidates, parameters that train).
    squares : Tensor
        Squared norms of the gradients, float64 of shape (k or 1, candidates).
    square_of_sum : Tensor
        Squared norm of the sum of all candidates' gradients, float64 of shape (k or 1, 1).
    """

    products: Tensor
    squares: Tensor
    square_of_sum: Tensor

    def copied(self) -> "Descents":
        """Return a copy that its holder may write into."""
        return Descents(self.products.clone(), self.squares.clone(), self.square_of_sum.clone())


@dataclass(frozen=True)
class View:
    """One look of an adversary at k trials: an update, decoded, in each of them.

    Parameters
    ----------
    knowledge : Knowledge
        What was known before.
    updates : StateDict
        Decoded updates, each tensor of shape (k, ...): those of the target client, or whatever stands for them.
    others : tuple of StateDict
        Decoded updates of the other clients in the same round, stacked alike; empty if the adversary does not see them.
    """

    knowledge: Knowledge
    updates: StateDict
    others: tuple[StateDict, ...] = ()
    _original: "View | None" = field(default=None, init=False, repr=False, compare=False)

    def copied(self) -> "View":
        """Return a copy that its holder may write into; what is worked out of it, is worked out once for all copies."""
        copy = View(self.knowledge.copied(), cloned(self.updates), tuple(map(cloned, self.others)))
        object.__setattr__(copy, "_original", self._original or self)
        return copy

    @cached_property
    def client_states(self) -> StateDict:
        """States that the updates lead to, each tensor of shape (k, ...)."""
        return add(self.knowledge.states, self.updates)

    @property
    def outputs(self) -> Tensor:
        """Outputs of the models in those states on the candidates, float64 of shape (k, candidates, ...); a copy."""
        return (self._original or self)._outputs.clone()

    @cached_property
    def _outputs(self) -> Tensor:
        return predict(self.knowledge.model, self.client_states, self.knowledge.pool).cpu().double()

    @property
    def logits(self) -> Tensor:
        """Outputs of a classifier, float64 of shape (k, candidates, classes); a copy.

        Raises
        ------
        InputError
            If the task has no logits of classes.
        """
        task = self.knowledge.pool.task
        if not task.reads_logits:
            raise InputError(f"task {task.name} has no logits of classes: choose a signal that reads confidences")
        return self.outputs

    @property
    def losses(self) -> NDArray[np.float64]:
        """Loss of the models in those states on each candidate, shape (k, candidates)."""
        return self._of_each(self.knowledge.pool.task.loss)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """How sure those models are of each candidate, by the task's confidence, shape (k, candidates)."""
        return self._of_each(self.knowledge.pool.task.confidence)

    @property
    def descents(self) -> Descents:
        """How the updates lie to the candidates' gradients; a copy."""
        return (self._original or self)._descents.copied()

    @cached_property
    def _descents(self) -> Descents:
        if self.knowledge.shared:
            updates = [self.updates[name] for name in self.knowledge.trained]
            return _descents(updates, self.knowledge.lasting_gradients())
        parts = [one.descents for one in self.each_trial()]
        return Descents(*(torch.cat([getattr(part, name) for part in parts]) for name in vars(parts[0])))

    def each_trial(self) -> Iterator["View"]:
        """Yield the view of each trial by itself, so that all its clients can share the gradients at its own state."""
        for trial in range(length(self.updates)):
            states, updates, *others = (
                stack_of_one(unstack(stacked, trial)) for stacked in (self.knowledge.states, self.updates, *self.others)
            )
            yield View(replace(self.knowledge, states=states), updates, tuple(others))

    def _of_each(self, of: PerRecord) -> NDArray[np.float64]:
        outputs, targets = self.outputs, self.knowledge.pool.targets.cpu()
        every = targets.expand(len(outputs), *targets.shape).flatten(0, 1)
        numbers: NDArray[np.float64] = of(outputs.flatten(0, 1), every).reshape(outputs.shape[:2]).double().numpy()
        return numbers


def _descents(updates: list[Tensor], chunks: Iterator[Gradients]) -> Descents:
    """Return the descents of updates that start from one state, over candidates that come in chunks."""
    sizes = [tensor[0].numel() for tensor in updates]
    products, squares, total = [], [], torch.zeros(())
    for gradients in chunks:
        by_tensor = zip(updates, gradients.each.split_with_sizes(sizes, dim=1), strict=True)
        products.append(torch.stack([-(rows(tensor) @ part.T) for tensor, part in by_tensor], dim=-1).double())
        squares.append(gradients.squares)
        total = gradients.total if total.ndim == 0 else total + gradients.total
    return Descents(
        products=torch.cat(products, dim=1).cpu(),
        squares=torch.cat(squares)[None].cpu(),
        square_of_sum=((total / (unit := magnitude_of([total]))).square().sum().double() * unit**2)[None, None].cpu(),
    )
