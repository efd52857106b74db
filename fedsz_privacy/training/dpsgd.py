"""DP-SGD (Abadi et al., CCS 2016) as a training rule: its numbers, and the guarantee that follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from fedsz_privacy.core.dp_events import DpEvent, GaussianDpEvent, PoissonSampledDpEvent, SelfComposedDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import CLIP_NORM, COUNT, EXPECTED_RECORDS, NOISE_MULTIPLIER, STEPS, Range, require_within
from fedsz_privacy.core.state import StateDict, stack_of_one, unstack
from fedsz_privacy.data.records import Records
from fedsz_privacy.training.accounting import calibrate
from fedsz_privacy.training.batches import draw_poisson
from fedsz_privacy.training.canary_sums import NO_CANARIES
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import RANGES, Training
from fedsz_privacy.training.divergence import SLOWER_OR_QUIETER
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.names import Optimizer
from fedsz_privacy.training.private_steps import train_privately
from fedsz_privacy.training.watching import Watch, Watched, watch_nothing

PRIVATE_RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "expected_records": EXPECTED_RECORDS,
        "noise_multiplier": NOISE_MULTIPLIER,
        "clip_norm": CLIP_NORM,
        "rounds": COUNT,
        **RANGES,
    }
)


@dataclass(frozen=True)
class DPTraining:
    """How a client trains with DP-SGD.

    Parameters
    ----------
    expected_records : float
        A *public* number that stands for the client's number of records, such as half the candidates of a membership
        game. The client's own number must not be used: it changes when a record is added or removed, and the sampling
        rate with it. A wrong guess costs accuracy, never privacy.
    noise_multiplier : float
        sigma: standard deviation of the noise in units of the clip norm.
    clip_norm : float
        C: largest L2 norm of the gradient of one record.
    epochs : int
        Passes over the expected records.
    batch_size : int
        Expected number of records in a batch.
    learning_rate : float
        Step size.
    rounds : int
        Trainings that the guarantee covers: rounds of a federation in which the client takes part with its records.
    optimizer, weight_decay
        What makes steps of the noisy gradients: post-processing, which the guarantee covers.

    Guarantees
    ----------
    `event`, for one record added to or removed from a client's data (the unit of privacy is one record), against an
    adversary who sees the model after every step of every round and knows everything but that record and the random
    choices. This is a statement about exact arithmetic and ideal randomness: the noise is a 32-bit float from a
    Mersenne Twister with a seed of 32 bits, made for measuring leakage in repeatable trials. Attacks on its low bits
    (Mironov, CCS 2012) or on its seed are not covered, so a real client's release needs a secure source.
    """

    expected_records: float
    noise_multiplier: float
    clip_norm: float = 1.0
    epochs: int = 5
    batch_size: int = 10
    learning_rate: float = 0.1
    rounds: int = 1
    optimizer: Optimizer = Optimizer.SGD
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        require_within(self, PRIVATE_RANGES)
        if self.steps not in STEPS:
            raise InputError(
                f"{self.epochs} epochs of {self.expected_records:g} expected records in batches of {self.batch_size} "
                f"are {self.steps} steps a round: choose {STEPS.remedy(self.steps)}"
            )
        if self.batch_size > self.expected_records:
            raise InputError(
                f"batch size {self.batch_size}: choose at most the expected number of records, {self.expected_records}"
            )

    @property
    def sampling_rate(self) -> float:
        """q: probability that a record is in a batch, from public numbers alone."""
        return self.batch_size / self.expected_records

    @property
    def steps(self) -> int:
        """Number of batches in a round."""
        return self.epochs * ceil(self.expected_records / self.batch_size)

    @property
    def event(self) -> DpEvent:
        """The privacy event of all rounds together, for adding or removing one record."""
        step = PoissonSampledDpEvent(self.sampling_rate, GaussianDpEvent(self.noise_multiplier))
        return SelfComposedDpEvent(step, self.rounds * self.steps)

    @property
    def reason(self) -> str:
        """Why the event holds."""
        return (
            f"DP-SGD with noise multiplier {self.noise_multiplier:.3f}, accounted by dp-accounting, for one "
            "record added or removed and an adversary who sees every update and step; what follows is post-processing"
        )

    @property
    def remedy(self) -> str:
        """What helps where training diverges."""
        return SLOWER_OR_QUIETER

    @property
    def clips_to(self) -> float:
        """C: no record adds more to a step."""
        return self.clip_norm

    def train(self, model: nn.Module, records: Records, generator: Generator) -> None:
        """Train a model in place."""
        batches = self.draw(np.ones((1, len(records)), bool), [generator])
        client = Clients(stack_of_one(detached(model)), records, batches, [generator])
        model.load_state_dict(unstack(self.train_many(model, client), 0))

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw batches by Poisson sampling, as `draw_poisson` does."""
        return draw_poisson(membership, self.sampling_rate, self.steps, generators)

    def train_many(self, model: nn.Module, clients: Clients) -> dict[str, Tensor]:
        """Train every client."""
        return self.train_watched(model, clients, watch_nothing).states

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train every client; a canary is clipped and adds to the sum of clipped gradients, as a record does."""
        return train_privately(model, clients, self, watch, canaries)

    def sized(self, records: int) -> Self:
        """Return the same steps and noise for another expected number of records, at least a batch; epsilon changes."""
        return replace(self, expected_records=max(records, self.batch_size))


def dpsgd(
    training: Training, expected_records: float, eps: float, delta: float, clip_norm: float = 1.0, rounds: int = 1
) -> DPTraining:
    """Return the DP-SGD with the epochs, batch size and optimiser of a plain rule that guarantees eps at delta.

    `calibrate` finds the noise multiplier.

    Raises
    ------
    InputError
        If eps, delta or clip norm is out of range, or a batch is larger than the expected records.
    """

    def private(noise_multiplier: float) -> DPTraining:
        return dpsgd_with_noise(training, expected_records, noise_multiplier, clip_norm, rounds)

    return private(calibrate(lambda noise_multiplier: private(noise_multiplier).event, eps, delta))


def dpsgd_with_noise(
    training: Training, expected_records: float, noise_multiplier: float, clip_norm: float = 1.0, rounds: int = 1
) -> DPTraining:
    """Return the DP-SGD with the epochs, batch size and optimiser of a plain rule, at a noise multiplier.

    Raises
    ------
    InputError
        If a number is not positive, or a batch is larger than the expected records.
    """
    return DPTraining(
        expected_records,
        noise_multiplier,
        clip_norm,
        epochs=training.epochs,
        batch_size=training.batch_size,
        learning_rate=training.learning_rate,
        rounds=rounds,
        optimizer=training.optimizer,
        weight_decay=training.weight_decay,
    )
