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
from fedsz_privacy.core.state import StateDict, expand, length
from fedsz_privacy.data.datasets import Dataset
from fedsz_privacy.training.descent import ABSENT, Training, TrainingRule
from fedsz_privacy.training.dpsgd import DPTraining

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
    base : DPTraining or Training
        How the client trains on its records.
    directions : StateDict
        Unit directions, each tensor of shape (canaries, ...), of all tensors of the model's state.
    norm : float
        :math:`c`: L2 norm of what a canary adds. Under plain training nothing bounds what a record adds, so there is
        no worst case, and the number says how strong a canary was asked about.

    Raises
    ------
    InputError
        If the norm is negative or above the clip norm of the base rule.

    Notes
    -----
    Exact for both rules, as a step is linear in the gradients of a batch. DP-SGD divides their sum by the expected
    batch size :math:`B`, so a drawn canary moves the parameters by :math:`-\eta c u / B`. Plain descent takes their
    mean: with :math:`k` records and :math:`j` canaries present, the step of the records shrinks by :math:`k / (k + j)`
    and a canary moves the parameters by :math:`-\eta c u / (k + j)`.

    Guarantees
    ----------
    The base's event holds for each canary as for a record, one added or removed: it is drawn as a record is, and adds
    no more than the clip norm. So an audit of canaries that contradicts the event contradicts the training rule.
    """

    base: DPTraining | Training
    directions: StateDict
    norm: float

    def __post_init__(self) -> None:
        most = self.base.clip_norm if isinstance(self.base, DPTraining) else float("inf")
        if not 0 <= self.norm <= most or np.isinf(self.norm):
            raise InputError(f"norm {self.norm} of canaries: choose a finite number from 0 to the clip norm, {most}")

    @property
    def canaries(self) -> int:
        """Number of canaries."""
        return length(self.directions)

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches by the base rule; membership is of shape (clients, records + canaries)."""
        return self.base.draw(membership, generators)

    def train(
        self,
        model: nn.Module,
        states: StateDict,
        data: Dataset,
        batches: NDArray[np.int64],
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Train every client from its state; in the batches, indices from ``len(data)`` on are canaries."""
        trained = expand(states, len(batches))
        for step in batches.swapaxes(0, 1):
            records = _without_canaries(step, len(data))
            before = trained
            trained = self.base.train(model, before, data, records[:, np.newaxis], generators)
            drawn = _count_canaries(step, len(data), self.canaries)
            share, rate = _step_sizes(self.base, _count_present(records), drawn.sum(dim=1))
            trained = {
                name: torch.lerp(before[name], tensor, _beside(share, tensor))
                - torch.tensordot(drawn * rate[:, None] * self.norm, self.directions[name], dims=1)
                for name, tensor in trained.items()
            }
        return trained

    def score(self, updates: StateDict) -> NDArray[np.float64]:
        """Return the inner products of k updates and the canaries' negative directions, shape (k, canaries)."""
        products = [updates[name].flatten(1).float() @ -rows.flatten(1).T for name, rows in self.directions.items()]
        return torch.stack(products).double().sum(dim=0).numpy()


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
    rows = torch.from_numpy(rng.standard_normal((count, sum(sizes)), dtype=np.float32))
    rows /= torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    parts = rows.split_with_sizes(sizes, dim=1)
    return {name: part.view(count, *state[name].shape) for name, part in zip(state, parts, strict=True)}


def add_canaries(base: TrainingRule, model: nn.Module, state: StateDict, count: int, seed: int) -> CanaryTraining:
    """Return a training rule with random gradient canaries, of its clip norm or, if it has none, of `PLAIN_NORM`.

    Raises
    ------
    InputError
        If the rule is neither `Training` nor `DPTraining`, there are too many canaries for the memory, or part of the
        state is not trained as a parameter of its own.
    """
    if not isinstance(base, DPTraining | Training):
        raise InputError(f"training rule {type(base).__name__}: choose Training or DPTraining for canaries")
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    if fixed := [name for name in state if name not in trained]:
        raise InputError(f"{fixed[0]} is no parameter of its own that trains: choose a model without buffers or ties")
    norm = base.clip_norm if isinstance(base, DPTraining) else PLAIN_NORM
    return CanaryTraining(base, draw_directions(state, count, generator(seed, Purpose.CANARY, DIRECTIONS)), norm)


def _without_canaries(step: NDArray[np.int64], records: int) -> NDArray[np.int64]:
    """Return a step's batches with records alone, then `ABSENT`."""
    alone = np.where(step < records, step, ABSENT)
    return np.take_along_axis(alone, np.argsort(alone == ABSENT, axis=1, kind="stable"), axis=1)


def _count_present(step: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy((step != ABSENT).sum(axis=1)).float()


def _count_canaries(step: NDArray[np.int64], records: int, canaries: int) -> Tensor:
    """Return how often each canary is in a step's batches, shape (clients, canaries)."""
    counts = np.zeros((len(step), canaries), np.float32)
    clients, slots = np.nonzero(step >= records)
    np.add.at(counts, (clients, step[clients, slots] - records), 1)
    return torch.from_numpy(counts)


def _step_sizes(base: DPTraining | Training, records: Tensor, canaries: Tensor) -> tuple[Tensor, Tensor]:
    """Return, client by client, the share that remains of the records' own step, and the step size of a canary."""
    if isinstance(base, DPTraining):
        return torch.ones_like(records), torch.full_like(records, base.learning_rate / base.batch_size)
    present = (records + canaries).clamp(min=1)
    return records / present, base.learning_rate / present


def _beside(per_client: Tensor, tensor: Tensor) -> Tensor:
    return per_client.view(-1, *[1] * (tensor.ndim - 1))
