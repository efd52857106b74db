"""What catches a broken mechanism: an audit by update canaries, or a check that its error is what it states.

Each breakage claims what the whole mechanism guarantees. An audit releases an update far longer than any clip, or zeros
in its place (its opposite, where any value may stand in for another), and asks for a lower bound on epsilon; above the
claimed epsilon the claim is false at 95% confidence. Checks give p-values: of the errors of one release, and of the
errors of two rounds together.

Run with: python benchmarks/broken_mechanisms.py
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import stats

from analysis.methods.lower_bounds import (
    EpsilonBound,
    ErrorCounts,
    best_threshold,
    clopper_pearson_bound,
    count_errors,
    gaussian_bound,
)
from analysis.methods.noise.exactness import LEAST, check_exactness, pair_p_value
from fedsz_privacy import parse_release
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.mechanisms import dither, layered_gaussian, layered_laplace
from fedsz_privacy.defences.mechanisms.staircase import Staircase
from fedsz_privacy.defences.mechanisms.two_sided_geometric import TwoSidedGeometric
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds

COINS, PILOT = 5000, 1500
LONG = 1e3
"""A canary's update, far beyond every clip."""

LEVEL = 1e-6
"""P-value below which an error is not what is stated."""


@dataclass(frozen=True)
class Mechanism:
    """A mechanism as it should be, and with half the noise.

    Attributes
    ----------
    whole, half : str
        Releases.
    epsilon, delta : float
        What the whole one guarantees against an outsider.
    error : callable
        The distribution function of its error.
    other : float
        What may stand in the canary's place.
    bound : callable
        The lower bound on epsilon from error counts, at a delta and a confidence.
    """

    whole: str
    half: str
    epsilon: float
    delta: float
    error: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    other: float = 0.0
    bound: Callable[[ErrorCounts, float, float], EpsilonBound] = clopper_pearson_bound


DITHER = Mechanism("dither:abs=1,clip=0.2", "dither:abs=0.5,clip=0.2", 0.0, 0.1, stats.uniform(-1, 2).cdf)
GAUSSIAN = Mechanism(
    "layered-gaussian:noise=2,clip=1",
    "layered-gaussian:noise=1,clip=1",
    GaussianRounds(2.0).epsilon(1e-5, Adjacency.ZERO_OUT),
    1e-5,
    stats.norm(0, 2).cdf,
    bound=gaussian_bound,
)
LAPLACE = Mechanism("layered-laplace:eps=1,clip=1", "layered-laplace:eps=2,clip=1", 1.0, 1e-5, stats.laplace(0, 1).cdf)
STAIRCASE = Mechanism(
    "staircase:eps=1,clip=1",
    "staircase:eps=2,clip=1",
    1.0,
    1e-5,
    Staircase(1.0, TwoSidedGeometric(1.0)).error_cdf,
    other=-LONG,
)


def whole(mechanism: Mechanism) -> Release:
    """Return what nothing is wrong with: the negative control."""
    return parse_release(mechanism.whole)


def half_the_noise(mechanism: Mechanism) -> Release:
    """Return the release with half the noise scale, or twice the epsilon."""
    return parse_release(mechanism.half)


def clip_forgotten(mechanism: Mechanism) -> Release:
    """Return the release without clipping. A staircase cannot forget it: its bit is a comparison."""
    release = parse_release(mechanism.whole)

    def apply(update: StateDict, generator: Generator) -> Released:
        with (
            patch.object(dither, "clip_norm", lambda values, *_: values),
            patch.object(layered_gaussian, "clip_norm", lambda values, *_: values),
            patch.object(layered_laplace, "clip_norm", lambda values, *_: values),
        ):
            return release.apply(update, generator)

    return replace(release, apply=apply)


def bound_from_the_data(mechanism: Mechanism) -> Release:
    """Return the release of an update in units of its own largest value, and scaled back."""
    release = parse_release(mechanism.whole)

    def apply(update: StateDict, generator: Generator) -> Released:
        largest = max(float(tensor.abs().max()) for tensor in update.values()) or 1e-9
        released = release.apply({name: tensor / largest for name, tensor in update.items()}, generator)
        return replace(released, update={name: largest * tensor for name, tensor in released.update.items()})

    return replace(release, apply=apply)


def one_tensor_forgotten(mechanism: Mechanism) -> Release:
    """Return the release that sends the last tensor as it is."""
    release = parse_release(mechanism.whole)

    def apply(update: StateDict, generator: Generator) -> Released:
        released = release.apply(update, generator)
        return replace(released, update={**released.update, "bias": update["bias"]})

    return replace(release, apply=apply)


def noise_reused(mechanism: Mechanism) -> Release:
    """Return the release with the same shared and secret randomness in every round."""
    release = parse_release(mechanism.whole)

    def apply(update: StateDict, _: Generator) -> Released:
        with patch.object(SharedRandomness, "drawn", lambda _: SharedRandomness(key=1)):
            return release.apply(update, np.random.default_rng(1))

    return replace(release, apply=apply)


Breakage = Callable[[Mechanism], Release]

EXAMINED: tuple[tuple[Mechanism, Breakage], ...] = tuple(
    (mechanism, breakage)
    for mechanism in (DITHER, GAUSSIAN, LAPLACE, STAIRCASE)
    for breakage in (whole, half_the_noise, clip_forgotten, bound_from_the_data, one_tensor_forgotten, noise_reused)
    if (mechanism, breakage) != (STAIRCASE, clip_forgotten)
)


@dataclass(frozen=True)
class Found:
    """What was found: a lower bound on epsilon against the claim, and two p-values."""

    claimed: float
    bound: float
    error: float
    rounds: float

    @property
    def caught_by(self) -> Mapping[str, bool]:
        """Whether each of the three says that it is broken."""
        return {
            "audit": self.bound > self.claimed,
            "exactness": self.error < LEVEL,
            "two rounds": self.rounds < LEVEL,
        }


def audit(mechanism: Mechanism, release: Release) -> float:
    """Return the lower bound on epsilon from one coordinate of a short update, that of its last tensor."""
    rng = np.random.default_rng(0)
    members = rng.random(COINS) < 0.5
    scores = np.array([_released(release, LONG if member else mechanism.other, rng) for member in members])

    def bound(counts: ErrorCounts) -> float:
        return float(mechanism.bound(counts, mechanism.delta, 0.95).epsilon)

    candidates = np.unique(np.quantile(scores[:PILOT], np.linspace(0.02, 0.98, 97)))
    threshold = best_threshold(scores[:PILOT], members[:PILOT], candidates, bound)
    return bound(count_errors(scores[PILOT:], members[PILOT:], threshold))


def check(mechanism: Mechanism, release: Release) -> tuple[float, float]:
    """Return the p-values of the errors of one release, and of those of two rounds together."""
    x = 1e-6 * np.random.default_rng(2).normal(size=(2, LEAST))
    y = 1e-6 * np.random.default_rng(3).normal(size=(2, LEAST))
    errors = [_errors(release, each, np.random.default_rng(seed)) for seed, each in enumerate((x, y), start=4)]
    uniform = [mechanism.error(each) for each in errors]
    return check_exactness(x.ravel(), errors[0], mechanism.error).p_value, pair_p_value(*uniform)


def examine(mechanism: Mechanism, breakage: Breakage) -> Found:
    """Return what audit and checks find of a breakage."""
    release = breakage(mechanism)
    return Found(mechanism.epsilon, audit(mechanism, release), *check(mechanism, release))


def _released(release: Release, value: float, rng: Generator) -> float:
    update = {"weight": torch.zeros(3, dtype=torch.float64), "bias": torch.full((1,), value, dtype=torch.float64)}
    return float(release.apply(update, rng).update["bias"][0])


def _errors(release: Release, x: Any, rng: Generator) -> NDArray[np.float64]:
    update = dict(zip(("weight", "bias"), map(torch.from_numpy, x), strict=True))
    released = release.apply(update, rng).update
    return np.concatenate([(released[name] - update[name]).numpy() for name in update])


if __name__ == "__main__":
    print("| mechanism | breakage | claimed | epsilon >= | error p | two rounds p | caught by |")
    print("|---|---|---|---|---|---|---|")
    for mechanism, breakage in EXAMINED:
        found = examine(mechanism, breakage)
        by = ", ".join(name for name, caught in found.caught_by.items() if caught) or "nothing"
        print(
            f"| `{mechanism.whole}` | {breakage.__name__.replace('_', ' ')} | {found.claimed:.2f} | {found.bound:.2f} "
            f"| {found.error:.1e} | {found.rounds:.1e} | {by} |",
            flush=True,
        )
