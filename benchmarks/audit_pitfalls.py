"""What goes wrong with bounds and tests, each in numbers: selection, looking again, adding seeds, groups, ceilings."""

import numpy as np
from dp_accounting import get_epsilon_gaussian
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import norm

from analysis.methods.lower_bounds import AnyMechanism, ceiling, epsilon_lower_bound, gaussian_family
from analysis.methods.lower_bounds.accuracy import advantage_lower_limit, halving_threshold
from analysis.methods.non_inferiority import Standing, seeds_to_resolve, standing
from analysis.methods.over_seeds import mean_over_seeds

DELTA, REPETITIONS, SCORES, SIGNALS = 1e-5, 200, 1000, 15

TRIED, SEEDS, SEED_LOOKS, MOST_ADDED = 1000, 5, 6, 200

LOOKS = [100 * 2**look for look in range(8)]

Sample = tuple[NDArray[np.float64], NDArray[np.bool_]]


def draw(rng: Generator, count: int, mu: float) -> Sample:
    """Return scores of Gaussian noise of multiplier 1 / mu, and who was a member."""
    members = rng.random(count) < 0.5
    return mu * members + rng.normal(size=count), members


def selection() -> None:
    """Print how often signals that know nothing prove something, by where the best of fifteen was chosen."""
    rng, own, other = np.random.default_rng(0), 0, 0
    for _ in range(REPETITIONS):
        limits = np.array([[limit(draw(rng, SCORES, 0.0)) for _ in range(SIGNALS)] for _ in range(2)])
        own += limits[0].max() > 0
        other += limits[1][limits[0].argmax()] > 0
    print(
        f"the best of {SIGNALS} signals that know nothing proves something: chosen on the audited half "
        f"{own / REPETITIONS:.1%}, on the other {other / REPETITIONS:.1%}"
    )


def limit(sample: Sample) -> float:
    """Return the lower limit on the advantage, above 0 where the bound is."""
    return advantage_lower_limit(*sample, halving_threshold(sample[0]), 0.95)


def looking_again() -> None:
    """Print how often a bound is above the truth when coins are added until it is."""
    rng, truth, above = np.random.default_rng(1), 2 * norm.cdf(0.5) - 1, 0
    for _ in range(REPETITIONS):
        scores, members = draw(rng, 12_800, 1.0)
        above += any(limit((scores[:coins], members[:coins])) > truth for coins in LOOKS)
    print(f"bounds above the truth: at some of {len(LOOKS)} looks {above / REPETITIONS:.1%}, at one 5% at most")


def adding_seeds() -> None:
    """Print how often `recommend` takes a bound that loses the margin, when seeds are added until it is resolved."""
    rng, first, ever = np.random.default_rng(3), 0, 0
    for _ in range(TRIED):
        losses = rng.normal(1, 1, SEEDS)
        for look in range(SEED_LOOKS):
            found = mean_over_seeds(losses.tolist())
            if standing(found, 1.0) is not Standing.UNRESOLVED:
                first += look == 0 and standing(found, 1.0) is Standing.BELOW
                ever += standing(found, 1.0) is Standing.BELOW
                break
            wanted = seeds_to_resolve(found, 1.0) or 2 * len(losses)
            if wanted > MOST_ADDED:
                break
            losses = np.append(losses, rng.normal(1, 1, max(1, wanted - len(losses))))
    print(f"bounds at the margin taken: with {SEEDS} seeds {first / TRIED:.1%}, with seeds added {ever / TRIED:.1%}")


def groups() -> None:
    """Print what coins that move four records at once seem to prove of one."""
    scores, members = draw(np.random.default_rng(2), 12_800, 4.0)
    bound = epsilon_lower_bound(scores, members, gaussian_family()).epsilon
    print(f"Gaussian noise of epsilon {get_epsilon_gaussian(1.0, DELTA):.2f} for one record: coins that move four "
          f"records prove {bound:.1f}")  # fmt: skip


def ceilings() -> None:
    """Print what so many coins can prove at most of any mechanism."""
    for coins in (6400, 12_800, 25_600):
        most = ceiling(AnyMechanism(), coins, DELTA, 0.95).epsilon
        print(f"{coins:,} coins, all guessed right: {most:.2f}")


if __name__ == "__main__":
    selection()
    looking_again()
    adding_seeds()
    groups()
    ceilings()
