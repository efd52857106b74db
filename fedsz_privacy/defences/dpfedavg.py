r"""Federated averaging with a guarantee for whole clients (McMahan et al., ICLR 2018, arXiv 1710.06963).

Each of n clients takes part in a round with probability q, by a coin of its own. The whole update of each that does is
clipped to L2 norm C, the updates are added up, Gaussian noise of standard deviation :math:`\sigma C` is added to the
sum, and the noisy sum is divided by the fixed denominator :math:`q n`:

.. math:: \frac{1}{q n} \left(\sum_{i \text{ takes part}} u_i \min(1, C / \|u_i\|) + \sigma C Z\right)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent, GaussianDpEvent, PoissonSampledDpEvent
from fedsz_privacy.core.magnitude import magnitudes
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, CLIP_NORM, Range, require_within
from fedsz_privacy.core.state import StateDict, expand, is_number
from fedsz_privacy.defences.aggregation import Senders
from fedsz_privacy.defences.proof import Observer, Proof, Unit
from fedsz_privacy.training.gaussian_rounds import SAMPLING_RATE, Adjacency

RANGES: Mapping[str, Range] = MappingProxyType(
    {"noise_multiplier": ACCOUNTED_NOISE_MULTIPLIER, "clip_norm": CLIP_NORM, "sampling_rate": SAMPLING_RATE}
)

VARIANCE = "running_var"
"""The buffer in which PyTorch's normalisations, and those written after them, keep a variance."""


@dataclass(frozen=True)
class DPFedAvg:
    r"""A clipped sum with Gaussian noise, over clients that are sampled.

    Parameters
    ----------
    noise_multiplier : float
        :math:`\sigma`: standard deviation of the noise on the sum, in clip norms.
    clip_norm : float
        C: largest L2 norm of a client's whole update, all its floats together.
    sampling_rate : float
        q: probability that a client takes part in a round.
    variances : frozenset of str
        Names of the tensors that are running variances; `for_model` finds them.

    Raises
    ------
    InputError
        If a number is out of range.

    Notes
    -----
    The whole update is clipped, float buffers such as running statistics included. Integers, such as the batches that
    batch normalisation has counted, stay what the global state has: no noise would hide them. An update that is not
    finite counts as zero. All clients weigh the same: weights by records would have no bound. Where noise would make a
    running variance negative, it becomes zero: a buffer that a module calls ``running_var``, as PyTorch's do. A
    normalisation of a user's own that calls its variance otherwise may be left with a negative one.

    Guarantees
    ----------
    `proof`, for one client, there or not, against whoever sees the global states of all rounds, but no single update
    and not who took part. The server adds the noise and is trusted. Each client adds a vector of norm C at most to the
    sum, whatever it sends and whatever others do, so the sensitivity is C (the paper's bound for a fixed denominator,
    with equal weights); the number of clients n is public and does not change with one client. This is a statement
    about real numbers and ideal randomness: the noise is a 64-bit float of a seeded generator, made for measuring
    leakage in repeatable trials.
    """

    noise_multiplier: float
    clip_norm: float = 1.0
    sampling_rate: float = 1.0
    variances: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        require_within(self, RANGES)

    def for_model(self, model: nn.Module) -> "DPFedAvg":
        """Return the aggregation with the names of a model's running variances."""
        return replace(self, variances=running_variances(model))

    @property
    def event(self) -> DpEvent:
        """The privacy event of one round, for one client there or not."""
        noise = GaussianDpEvent(self.noise_multiplier)
        return noise if self.sampling_rate == 1 else PoissonSampledDpEvent(self.sampling_rate, noise)

    @property
    def proof(self) -> Proof:
        """What is proved of one round."""
        return Proof(
            self.event,
            Unit.CLIENT,
            Adjacency.ZERO_OUT,
            Observer.AGGREGATES,
            f"each client's whole update is decoded, clipped to {write_rounded(self.clip_norm)} and added up by a "
            f"trusted server, with Gaussian noise of {self.noise_multiplier:.3f} clip norms on the sum and a fixed "
            "denominator; what clients do before is covered, what follows is post-processing",
            "McMahan et al., ICLR 2018",
        )

    def cohort(self, clients: int, generators: Sequence[Generator]) -> NDArray[np.bool_]:
        """Draw who takes part: every client by a coin of its own (Poisson sampling)."""
        return np.stack([generator.random(clients) < self.sampling_rate for generator in generators])

    def step(
        self,
        states: StateDict,
        senders: Senders,
        shares: Sequence[float],  # noqa: ARG002  # all clients weigh the same
        generators: Sequence[Generator],
    ) -> dict[str, Tensor]:
        """Return the noisy sum over its fixed denominator; integers as the global states have them."""
        takes_part = torch.from_numpy(self.cohort(len(senders), generators))
        before = expand(states, len(generators))
        clean = torch.zeros_like(to_rows(before))
        for send, chosen in zip(senders, takes_part.T[:, :, None].to(clean.device), strict=True):
            if chosen.any():
                clean += torch.where(chosen, clip_rows(to_rows(send()), self.clip_norm), 0)
        noise = np.stack([generator.standard_normal(clean.shape[1]) for generator in generators])
        noisy = clean + self.noise_multiplier * self.clip_norm * torch.from_numpy(noise).to(clean.device)
        taken = from_rows(noisy / (self.sampling_rate * len(senders)), before)
        # Noise may make a variance negative; to set it to zero is post-processing.
        return taken | {name: torch.maximum(taken[name], -before[name]) for name in self.variances & taken.keys()}


def running_variances(model: nn.Module) -> frozenset[str]:
    """Return the names of a model's running variances in its state: buffers, so no parameter is one."""
    buffers = model.named_buffers(remove_duplicate=False)
    return frozenset(name for name, _ in buffers if name.rpartition(".")[2] == VARIANCE)


def clip_rows(rows: Tensor, clip_norm: float) -> Tensor:
    """Scale each row down to an L2 norm of at most the clip norm; a row that is not finite becomes zero."""
    units = magnitudes(rows)
    norms = torch.linalg.vector_norm(rows / units, dim=1, keepdim=True)
    factors = (clip_norm / units / norms).clamp(max=1)
    return torch.where(rows.isfinite().all(dim=1, keepdim=True), rows * factors, 0)


def to_rows(stacked: StateDict) -> Tensor:
    """Return all floats of a stack of k states, complex ones as two, as float64 of shape (k, numbers)."""
    return torch.cat([_reals(tensor) for tensor in stacked.values() if is_number(tensor)], dim=1)


def from_rows(rows: Tensor, like: StateDict) -> dict[str, Tensor]:
    """Return the stack whose floats are such rows, with the shapes, dtypes and integers of another stack."""
    sizes = [_reals(tensor).shape[1] for tensor in like.values() if is_number(tensor)]
    parts = iter(rows.split_with_sizes(sizes, dim=1))
    return {name: _as(next(parts), tensor) if is_number(tensor) else tensor for name, tensor in like.items()}


def _reals(stacked: Tensor) -> Tensor:
    reals = torch.view_as_real(stacked) if stacked.is_complex() else stacked
    return reals.reshape(len(reals), reals[0].numel()).double()


def _as(part: Tensor, like: Tensor) -> Tensor:
    if like.is_complex():
        return torch.view_as_complex(part.reshape(*like.shape, 2).contiguous()).to(like.dtype)
    return part.reshape(like.shape).to(like.dtype)
