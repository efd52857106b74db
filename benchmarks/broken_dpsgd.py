"""How many coins it takes to see that a DP-SGD is broken: canaries without records, every step, epsilon 8 claimed.

Each breakage claims the event of the DP-SGD that it breaks. The bound rejects that much noise at that sampling rate and
so many steps; once it is above what is claimed, the claim is false at 95% confidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.methods.lower_bounds import NoiseFamily, epsilon_lower_bound
from analysis.studies.audit.canary_bounds import VARIANCE_SHARE
from attacks import Game, Trials
from attacks.canaries.gradients import ALONE, add_canaries
from attacks.canaries.play import EVIDENCE, VARIANCE, play_gradient_canaries
from fedsz_privacy.core.state import StateDict, cloned
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.models.catalogue import build_model
from fedsz_privacy.training import private_steps
from fedsz_privacy.training.batches import draw_poisson
from fedsz_privacy.training.canary_sums import NO_CANARIES
from fedsz_privacy.training.clients import Clients
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd
from fedsz_privacy.training.modes import detached
from fedsz_privacy.training.per_example import PerExampleGradients
from fedsz_privacy.training.watching import Watch, Watched

CLAIMED, DELTA, CANARIES, MOST_TRIALS = 8.0, 1e-5, 100, 128

FORGOTTEN = "1.weight"
"""The first layer of the model `mlp`."""


def as_it_should_be(rule: DPTraining) -> DPTraining:
    """Return a rule that does what the broken one claims."""
    return DPTraining(**{each.name: getattr(rule, each.name) for each in fields(DPTraining)})


class Whole(DPTraining):
    """Nothing is broken: the negative control."""


class LessNoise(DPTraining):
    """The noise is 0.7 times what is claimed."""

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train with less noise."""
        less = replace(as_it_should_be(self), noise_multiplier=0.7 * self.noise_multiplier)
        return less.train_watched(model, clients, watch, canaries)


class ForgottenLayer(DPTraining):
    """The first layer is left out of the norm, and is not scaled down."""

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train with a clipping that forgets a layer."""
        clip = PerExampleGradients.clipped_sum

        def forgetful(gradients: PerExampleGradients, present: Tensor, clip_norm: float) -> dict[str, Tensor]:
            rest = {name: each for name, each in gradients.whole.items() if name != FORGOTTEN}
            clipped = clip(replace(gradients, whole=rest), present, clip_norm)
            if FORGOTTEN in gradients.whole:
                weights = present.to(gradients.whole[FORGOTTEN].dtype)
                clipped[FORGOTTEN] = torch.tensordot(weights, gradients.whole[FORGOTTEN], 1)
            return clipped

        with patch.object(PerExampleGradients, "clipped_sum", forgetful):
            return super().train_watched(model, clients, watch, canaries)


class NoSampling(DPTraining):
    """Every batch is the whole data, and the accounting says that a tenth of it is drawn."""

    def draw(self, membership: NDArray[np.bool_], generators: Sequence[Generator]) -> NDArray[np.int64]:
        """Draw all records in every step."""
        return draw_poisson(membership, 1.0, self.steps, generators)


class ReusedNoise(DPTraining):
    """Every step adds the noise of the first one again."""

    def train_watched(
        self, model: nn.Module, clients: Clients, watch: Watch, canaries: StateDict = NO_CANARIES
    ) -> Watched:
        """Train with one noise for all steps."""
        fill = private_steps.fill_with_gaussian

        def again(noise: Tensor, deviation: float, streams: Sequence[torch.Generator]) -> None:
            fill(noise, deviation, [torch.Generator().manual_seed(each.initial_seed()) for each in streams])

        with patch.object(private_steps, "fill_with_gaussian", again):
            return super().train_watched(model, clients, watch, canaries)


@dataclass(frozen=True)
class Exposed:
    """What an audit of a breakage found: the first number of trials whose bound exceeds the claim, or the most."""

    coins: int
    bound: float


def broken(kind: type[DPTraining], rule: DPTraining) -> DPTraining:
    """Return a breakage of a rule."""
    return kind(**{each.name: getattr(rule, each.name) for each in fields(DPTraining)})


def audit(kind: type[DPTraining], seed: int = 0, most_trials: int = MOST_TRIALS) -> Exposed:
    """Audit a breakage with 1, 2, 4, ... trials of 100 canaries, until its claim is rejected.

    The looks share the allowed failure.
    """
    looks = most_trials.bit_length()
    records = load_data("digits", 1500, 300, 0, "", "")
    model = build_model("mlp", records.train, 0)
    rule = dpsgd(Training(), 100, CLAIMED, DELTA)
    game = Game(model, cloned(detached(model)), records.train.part(0, 20), records.test, rule, seed)
    training = add_canaries(broken(kind, rule), model, game.state, CANARIES, seed, ALONE)
    played: list[Trials] = []
    bound = 0.0
    for trials in (2**look for look in range(looks)):
        more = range(sum(len(each.membership) for each in played), trials)
        played.append(play_gradient_canaries(game, training, ALONE, more, [none()]))
        bound = max(
            epsilon_lower_bound(
                np.concatenate([each.observed[name][:, 0, 0] for each in played]),
                np.concatenate([each.membership for each in played]),
                NoiseFamily(rule.event),
                DELTA,
                1 - 0.05 * share / looks,
            ).epsilon
            for name, share in ((EVIDENCE, 1 - VARIANCE_SHARE), (VARIANCE, VARIANCE_SHARE))
        )
        if bound > CLAIMED:
            break
    return Exposed(trials * CANARIES, bound)


BREAKAGES: tuple[type[Any], ...] = (Whole, LessNoise, ForgottenLayer, NoSampling, ReusedNoise)

if __name__ == "__main__":
    print("| breakage | coins | epsilon lower bound (95%) |\n|---|---|---|")
    for kind in BREAKAGES:
        found = audit(kind)
        print(f"| {kind.__name__} | {found.coins:,} | {found.bound:.2f} |", flush=True)
