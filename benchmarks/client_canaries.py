"""What client canaries prove of dpfedavg as it is, and of broken ones that claim the same.

Trials of 100 canaries, a linear model on digits, adversary aggregate: 12,800 coins in one round, 3,200 in ten. Broken
ones claim epsilon 8 in one round. Run with: python benchmarks/client_canaries.py
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from analysis.methods.lower_bounds import NoiseFamily, ceiling, epsilon_lower_bound
from attacks import Game
from attacks.canaries.play import EVIDENCE
from attacks.clients.canaries import CLIENTS_ALONE, ClientCanaryPlayer
from attacks.game.trial import concatenate
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.data import load_data
from fedsz_privacy.defences.aggregation import Senders
from fedsz_privacy.defences.defence import Defence, Setting, parse_defence
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.proof import Observer
from fedsz_privacy.training.descent import Training

CANARIES, DELTA = 100, 1e-5

SETTINGS = ((1, 1.0, 128), (10, 0.5, 32))
"""Rounds, sampling rate and trials."""


@dataclass(frozen=True)
class Broken(DPFedAvg):
    """Adds less noise, clips to a longer norm or counts every client more than once, and claims the same."""

    noise_factor: float = 1.0
    clip_factor: float = 1.0
    weight: float = 1.0

    def step(
        self, states: StateDict, senders: Senders, shares: Sequence[float], generators: Sequence[Generator]
    ) -> dict[str, Tensor]:
        """Return the step of a mechanism that is not what is claimed."""
        clip, noise = self.clip_norm * self.clip_factor, self.noise_multiplier * self.noise_factor / self.clip_factor
        lighter = DPFedAvg(noise / self.weight, clip, self.sampling_rate)
        return {n: self.weight * tensor for n, tensor in lighter.step(states, senders, shares, generators).items()}


BROKEN: Mapping[str, Mapping[str, Any]] = {
    "half the noise": {"noise_factor": 0.5},
    "clipped to twice the norm": {"clip_factor": 2.0},
    "every client counted twice": {"weight": 2.0},
}


def main() -> None:
    """Print what canaries prove."""
    torch.manual_seed(0)
    model, digits = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), load_data("digits").train
    state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    game = Game(model, state, digits.part(0, 10), digits.part(0, 10), Training(), seed=0)
    for rounds, rate, trials in SETTINGS:
        for eps in (1, 4, 8, 16):
            report(f"epsilon {eps}, {rounds} rounds at rate {rate}", game, claim(eps, rounds, rate), rounds, trials)
    claimed = claim(8, 1, 1.0)
    assert isinstance(claimed.aggregation, DPFedAvg)
    noise = claimed.aggregation.noise_multiplier
    for name, how in BROKEN.items():
        report(name, game, replace(claimed, aggregation=Broken(noise, **how)), 1, SETTINGS[0][2])


def claim(eps: float, rounds: int, rate: float) -> Defence:
    """Return the defence that guarantees an epsilon over some rounds."""
    setting = Setting(Training(), Training(), 10.0, DELTA, rounds, Observer.AGGREGATES)
    return parse_defence(f"dpfedavg:eps={eps},rate={rate}", setting)


def report(name: str, game: Game, defence: Defence, rounds: int, trials: int) -> None:
    """Print what all canaries prove of a defence."""
    player = ClientCanaryPlayer(replace(game, rounds=rounds), [defence], 1, CANARIES, CLIENTS_ALONE)
    played = concatenate([player.play(chunk) for chunk in player.chunks(trials)])
    null = NoiseFamily(defence.event)
    bound = epsilon_lower_bound(played.observed[EVIDENCE], played.membership[:, None, None], null, DELTA).epsilon
    most = ceiling(null, trials * CANARIES, DELTA, 0.95).epsilon
    print(f"{name}: epsilon lower bound (95%) {bound:.2f}, ceiling {most:.0f}")


if __name__ == "__main__":
    main()
