"""What catches a broken gaussian+fedsz: update canaries, or a look at frames whose noise hides the update wholly.

Each breakage claims the event of the release that it breaks. Canaries catch it if their bound, at 95% confidence, is
above the epsilon that is claimed. The look at frames replaces the noise by one that makes the sum of update and noise
the same for all updates: the frames of two updates must then be the same to the byte.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import nn

from analysis.methods.lower_bounds import NoiseFamily, epsilon_lower_bound
from attacks import Game
from attacks.canaries.play import UPDATE
from attacks.canaries.updates import UpdateCanaryPlayer
from fedsz_privacy.core.state import StateDict, cloned, subtract
from fedsz_privacy.data.loading import load_data
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.mechanisms.fedsz import fedsz
from fedsz_privacy.defences.mechanisms.gaussian import Sampler, add_noise, gaussian_by
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.defences.samplers.histogram import add_discrete_gaussian
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.modes import detached

CLAIMED, DELTA, CANARIES, TRIALS = 8.0, 1e-5, 100, 20
COUNT, BUFFER = "2.num_batches_tracked", "2.running_mean"


def noise(sampler: Sampler) -> Release:
    """Return the release that each of these breaks, before its codec."""
    return gaussian_by(sampler, "gaussian", Composition(DELTA), CLAIMED, None, 1.0)


def compressed(release: Release) -> Release:
    """Return a release with the codec behind it."""
    assert release.sigma is not None
    return release.then(fedsz(abs=release.sigma / 2))


def whole(sampler: Sampler) -> Release:
    """Break nothing: the negative control."""
    return compressed(noise(sampler))


def half_the_noise(sampler: Sampler) -> Release:
    """Add noise of half the standard deviation that is claimed."""
    return compressed(noise(lambda points, sigma, generator: sampler(points, sigma / 2, generator)))


def no_clip(sampler: Sampler) -> Release:
    """Forget the clip."""
    release = noise(sampler)

    def apply(update: StateDict, generator: Generator) -> Released:
        assert release.sigma is not None
        return Released(add_noise(update, 1e6, release.sigma, lambda *given: sampler(*given, generator)), 1)

    return compressed(replace(release, apply=apply))


def forgotten(name: str, sampler: Sampler) -> Release:
    """Return the release that sends one tensor as it is."""
    release = noise(sampler)

    def apply(update: StateDict, generator: Generator) -> Released:
        return Released({**release.apply(update, generator).update, name: update[name]}, 1)

    return compressed(replace(release, apply=apply))


def no_noise_on_a_buffer(sampler: Sampler) -> Release:
    """Send a running mean without noise."""
    return forgotten(BUFFER, sampler)


def count_of_batches(sampler: Sampler) -> Release:
    """Send the count of batches as it is."""
    return forgotten(COUNT, sampler)


def bound_by_the_data(sampler: Sampler) -> Release:
    """Compress at half of the standard deviation of the update, as it was before the noise."""
    release = noise(sampler)

    def chain(update: StateDict) -> Release:
        values = torch.cat([tensor.flatten() for tensor in update.values() if tensor.is_floating_point()])
        return release.then(fedsz(abs=float(values.std()) / 2 + 1e-6))

    return replace(
        release,
        apply=lambda update, generator: chain(update).apply(update, generator),
        encode=lambda update, generator: chain(update).encode(update, generator),  # type: ignore[misc]  # it has one
    )


BREAKAGES: tuple[Callable[[Sampler], Release], ...] = (
    whole,
    half_the_noise,
    no_clip,
    no_noise_on_a_buffer,
    count_of_batches,
    bound_by_the_data,
)


def make_game() -> Game:
    """Return a game of a small network with batch normalisation."""
    records = load_data("digits", 1500, 300, 0, "", "")
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 10))
    return Game(model, cloned(detached(model)), records.train.part(0, 20), records.test, Training(), 0)


@dataclass(frozen=True)
class Audited:
    """What catches a breakage: the canaries' lower bound on epsilon at 95% confidence, and whether frames differ."""

    bound: float
    frames_differ: bool

    @property
    def caught(self) -> bool:
        """Whether either does."""
        return self.bound > CLAIMED or self.frames_differ


def audit(game: Game, breakage: Callable[[Sampler], Release]) -> Audited:
    """Audit a breakage by both."""
    return Audited(canary_bound(game, breakage(add_discrete_gaussian)), frames_differ(game, breakage))


def canary_bound(game: Game, release: Release) -> float:
    """Return the lower bound on epsilon that update canaries give, each there or zero."""
    defence = Defence(release.name, game.training, release, release.event, release.reason)
    played = UpdateCanaryPlayer(game, [defence], CANARIES).play(range(TRIALS))
    scores = played.observed[UPDATE][:, 0, 0]
    return epsilon_lower_bound(scores, played.membership, NoiseFamily(release.event), DELTA).epsilon


def frames_differ(game: Game, breakage: Callable[[Sampler], Release]) -> bool:
    """Return whether frames of two updates differ under noise that hides them wholly."""
    drawn = np.random.default_rng(0).integers(-1000, 1000, 10_000)

    def hiding(points: NDArray[np.int64], *_: object) -> NDArray[np.int64]:
        return drawn[: len(points)]

    release = breakage(hiding)
    assert release.encode is not None
    one, other = (release.encode(_update(game, steps), np.random.default_rng(0)) for steps in (1, 3))
    return one != other


def _update(game: Game, steps: int) -> StateDict:
    """Return the update of some steps of training."""
    model = game.model
    model.load_state_dict(dict(game.state))
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        part = game.pool
        part.task.loss(model(*part.inputs), part.targets).mean().backward()
        optimizer.step()
    after = cloned(detached(model))
    model.load_state_dict(dict(game.state))
    return subtract(after, game.state)


if __name__ == "__main__":
    claimed = epsilon(whole(add_discrete_gaussian).event, DELTA)
    print(f"epsilon {claimed:.2f} at delta {DELTA:g} is claimed; {TRIALS * CANARIES:,} canaries\n")
    print("| breakage | epsilon lower bound (95%) | frames differ | caught |\n|---|---|---|---|")
    for breakage in BREAKAGES:
        found = audit(make_game(), breakage)
        words = ["no", "yes"]
        shown = f"{found.bound:.2f} | {words[found.frames_differ]} | {words[found.caught]}"
        print(f"| {breakage.__name__.replace('_', ' ')} | {shown} |", flush=True)
