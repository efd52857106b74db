"""What an adversary holds when it decides who was a member."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from fedsz_privacy.datasets import Dataset
from fedsz_privacy.state import StateDict, add, flatten
from fedsz_privacy.training import predict


@dataclass(frozen=True)
class Knowledge:
    """What the adversary knows before anything is released: the model, the global state, and the candidates.

    Parameters
    ----------
    model : nn.Module
        The architecture.
    state : StateDict
        The global state that the target client started from.
    pool : Dataset
        The candidate records.
    """

    model: nn.Module
    state: StateDict
    pool: Dataset

    @cached_property
    def record_gradients(self) -> Tensor:
        """Gradient of each candidate's loss at the global state, shape (candidates, parameters)."""

        def loss(state: StateDict, image: Tensor, label: Tensor) -> Tensor:
            logits = functional_call(self.model, dict(state), (image.unsqueeze(0),))
            return nn.functional.cross_entropy(logits, label.unsqueeze(0))

        return flatten(vmap(grad(loss), in_dims=(None, 0, 0))(self.state, self.pool.images, self.pool.labels))


@dataclass(frozen=True)
class View:
    """The adversary's view of k trials: the decoded updates that the target client sent in each of them.

    The adversary is whoever reads one client's update in one round, such as the server or an eavesdropper, and knows
    the model, the global state and the candidate records.

    Parameters
    ----------
    knowledge : Knowledge
        What was known before.
    updates : StateDict
        Decoded updates, each tensor of shape (k, ...).
    """

    knowledge: Knowledge
    updates: StateDict

    @cached_property
    def client_states(self) -> StateDict:
        """States of the client's models, each tensor of shape (k, ...)."""
        return add(self.knowledge.state, self.updates)

    @cached_property
    def logits(self) -> Tensor:
        """Logits of the client's models on the candidates, float64 of shape (k, candidates, classes)."""
        return predict(self.knowledge.model, self.client_states, self.knowledge.pool.images).double()

    @cached_property
    def descent_products(self) -> Tensor:
        """Inner products of updates and negative record gradients by tensor, float64 (k, candidates, tensors)."""
        sizes = [tensor.numel() for tensor in self.knowledge.state.values()]
        gradients = torch.split_with_sizes(self.knowledge.record_gradients, sizes, dim=1)
        named = zip(self.knowledge.state, gradients, strict=True)
        return torch.stack([self.updates[name].flatten(1) @ -gradient.T for name, gradient in named], dim=-1).double()
