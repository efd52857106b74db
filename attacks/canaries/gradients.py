r"""Gradient canaries: directions put into the gradients themselves, for white-box audits of a training rule.

A canary is a unit direction :math:`u` in the space of parameters. Where it is a member, and whenever it is drawn into
a batch, it adds :math:`c u` to the sum of gradients, as a record would whose clipped gradient is :math:`c u` at every
step. No record can do more under DP-SGD with clip norm :math:`c`, so these are the worst case that a guarantee is for
(Nasr et al., USENIX Security 2023). Random directions are almost orthogonal in many dimensions, so that many canaries
are audited in one training (Andrew et al., ICLR 2024; Steinke, Nasr and Jagielski, NeurIPS 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.randomness import Purpose, generator
from fedsz_privacy.core.state import StateDict, length, rows
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.gradients import gradient_names
from fedsz_privacy.training.rule import SteppedRule, TrainingRule

MEMORY_BYTES = 2**29
"""Most memory that directions may take."""

PLAIN_NORM = 1.0
"""Norm of a canary under plain training: that of DP-SGD's default clip norm, so that both can face equal canaries."""

DIRECTIONS, TRIALS = range(2)
"""What a stream of `Purpose.CANARY` is for."""


@dataclass(frozen=True, eq=False)
class CanaryTraining:
    r"""A training rule with gradient canaries: records beyond the data are canaries, and are drawn as records are.

    Parameters
    ----------
    base : SteppedRule
        How the client trains on its records.
    directions : StateDict
        Unit directions, each tensor of shape (canaries, ...), of all parameters that train.
    norm : float
        :math:`c`: L2 norm of what a canary adds. Under plain training nothing bounds what a record adds, so there is
        no worst case, and the number says how strong a canary was asked about.

    Raises
    ------
    InputError
        If the norm is negative or above the clip norm of the base rule.

    Notes
    -----
    A canary joins the sum of gradients of each step that draws it, before the optimiser makes a step of them. DP-SGD
    divides that sum by the expected batch size, plain training by the number of records and canaries present.

    Guarantees
    ----------
    The base's event holds for each canary as for a record, one added or removed: it is drawn as a record is, and adds
    no more than the clip norm. So an audit of canaries that contradicts the event contradicts the training rule.
    """

    base: SteppedRule
    directions: StateDict
    norm: float

    def __post_init__(self) -> None:
        most = self.base.canary_norm
        if not 0 <= self.norm <= most or np.isinf(self.norm):
            raise InputError(f"norm {self.norm} of canaries: choose a finite number from 0 to the clip norm, {most}")

    @property
    def canaries(self) -> int:
        """Number of canaries."""
        return length(self.directions)

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches by the base rule; membership is of shape (clients, records + canaries)."""
        return self.base.draw(membership, generators)

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train every client; in the batches, indices from ``len(records)`` on are canaries."""
        # Gradients are of what training makes small, so a canary that pulls along u adds c u to their sum.
        added = {name: self.norm * directions for name, directions in self.directions.items()}
        return self.base.train_many(model, clients, added)

    def score(self, updates: StateDict) -> NDArray[np.float64]:
        """Return the inner products of k updates and the canaries' negative directions, shape (k, canaries)."""
        products = [rows(updates[name]).float() @ -rows(directions).T for name, directions in self.directions.items()]
        return torch.stack(products).double().sum(dim=0).cpu().numpy()


def require_room(state: StateDict, count: int) -> None:
    """Raise InputError if so many directions would take more memory than `MEMORY_BYTES`, or there are none."""
    parameters = sum(tensor.numel() for tensor in state.values())
    most = MEMORY_BYTES // (4 * parameters)
    if not 1 <= count <= most:
        raise InputError(f"{count} canaries: choose from 1 to {most} for a model of {parameters} parameters")


def draw_directions(state: StateDict, count: int, rng: Generator) -> dict[str, Tensor]:
    """Return random unit directions in the space of a state, each tensor of shape (count, ...).

    Raises
    ------
    InputError
        If they take more memory than `MEMORY_BYTES`, or ``count`` is below 1.
    """
    require_room(state, count)
    sizes = [tensor.numel() for tensor in state.values()]
    flat = torch.from_numpy(rng.standard_normal((count, sum(sizes)), dtype=np.float32))
    flat /= torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    parts = flat.split_with_sizes(sizes, dim=1)
    return {name: part.view(count, *state[name].shape) for name, part in zip(state, parts, strict=True)}


def add_canaries(base: TrainingRule, model: nn.Module, state: StateDict, count: int, seed: int) -> CanaryTraining:
    """Return a training rule with random gradient canaries, of its clip norm or, if it has none, of `PLAIN_NORM`.

    Raises
    ------
    InputError
        If the rule does not take its steps one at a time, or there are too many canaries for the memory.
    """
    if not isinstance(base, SteppedRule):
        name = getattr(base, "name", type(base).__name__)
        raise InputError(
            f"training rule {name} does not take its steps one at a time, as gradient canaries need: choose a built-in "
            "one, or leave out --gradient-canaries"
        )
    norm = min(base.canary_norm, PLAIN_NORM) if np.isinf(base.canary_norm) else base.canary_norm
    trained = {name: state[name] for name in gradient_names(model, state)}
    return CanaryTraining(base, draw_directions(trained, count, generator(seed, Purpose.CANARY, DIRECTIONS)), norm)
