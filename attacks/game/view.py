"""What an adversary holds when it decides who was a member."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from fedsz_privacy.core.state import StateDict, add, flatten, length, stack_of_one, unstack
from fedsz_privacy.data.datasets import Dataset
from fedsz_privacy.training.descent import predict


@dataclass(frozen=True)
class Knowledge:
    """What the adversary knows before an update is released: the model, the state it starts from, and the candidates.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    states : StateDict
        The global state of each of k trials, each tensor of shape (k, ...), or (1, ...) if all trials share it.
    pool : Dataset
        The candidate records.
    """

    model: nn.Module
    states: StateDict
    pool: Dataset

    @property
    def shared(self) -> bool:
        """Whether all trials start from one state."""
        return length(self.states) == 1

    @cached_property
    def shared_gradients(self) -> Tensor:
        """Gradient of each candidate's loss at the state that all trials share, shape (candidates, parameters)."""

        def loss(state: StateDict, image: Tensor, label: Tensor) -> Tensor:
            logits = functional_call(self.model, dict(state), (image.unsqueeze(0),))
            return nn.functional.cross_entropy(logits, label.unsqueeze(0))

        at_state = vmap(grad(loss), in_dims=(None, 0, 0))
        return flatten(at_state(unstack(self.states, 0), self.pool.images, self.pool.labels))


@dataclass(frozen=True)
class Descents:
    """How updates lie to the negative gradients -g of the candidates' losses at the state they start from.

    Parameters
    ----------
    products : Tensor
        Inner products of update and -g by tensor of the state, float64 of shape (k, candidates, tensors).
    squares : Tensor
        Squared norms of the gradients, float64 of shape (k or 1, candidates).
    square_of_sum : Tensor
        Squared norm of the sum of all candidates' gradients, float64 of shape (k or 1, 1).
    """

    products: Tensor
    squares: Tensor
    square_of_sum: Tensor


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

    @cached_property
    def client_states(self) -> StateDict:
        """States that the updates lead to, each tensor of shape (k, ...)."""
        return add(self.knowledge.states, self.updates)

    @cached_property
    def logits(self) -> Tensor:
        """Logits of the models in those states on the candidates, float64 of shape (k, candidates, classes)."""
        return predict(self.knowledge.model, self.client_states, self.knowledge.pool.images).double()

    @cached_property
    def descents(self) -> Descents:
        """How the updates lie to the candidates' gradients."""
        if self.knowledge.shared:
            updates = [self.updates[name] for name in self.knowledge.states]
            return _descents(updates, self.knowledge.shared_gradients)
        parts = [one.descents for one in self.each_trial()]
        return Descents(*(torch.cat([getattr(part, name) for part in parts]) for name in vars(parts[0])))

    def each_trial(self) -> Iterator["View"]:
        """Yield the view of each trial by itself, so that all its clients can share the gradients at its own state."""
        for trial in range(length(self.updates)):
            states, updates, *others = (
                stack_of_one(unstack(stacked, trial)) for stacked in (self.knowledge.states, self.updates, *self.others)
            )
            yield View(replace(self.knowledge, states=states), updates, tuple(others))


def _descents(updates: list[Tensor], gradients: Tensor) -> Descents:
    """Return the descents of updates that start from one state."""
    sizes = [tensor[0].numel() for tensor in updates]
    by_tensor = zip(updates, gradients.split_with_sizes(sizes, dim=1), strict=True)
    return Descents(
        products=torch.stack([tensor.flatten(1) @ -part.T for tensor, part in by_tensor], dim=-1).double(),
        squares=gradients.square().sum(dim=1).double()[None],
        square_of_sum=gradients.sum(dim=0).square().sum().double()[None, None],
    )
