"""What an adversary holds when it decides who was a member."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attacks.game.knowledge import Gradients, Knowledge
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.magnitude import magnitude_of
from fedsz_privacy.core.state import StateDict, add, cloned, length, rows, stack_of_one, unstack
from fedsz_privacy.data.tasks import PerRecord
from fedsz_privacy.training.evaluation import predict


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
