"""What to know of an account: a line for each thing that is not as its numbers say."""

import math
from collections.abc import Sequence

from analysis.studies.account.asked import Asked, Words, figure, guaranteed_figure, short
from fedsz_privacy.core.dp_events import PoissonSampledDpEvent
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.training.accounting import composed, epsilon
from fedsz_privacy.training.events import DiscreteGaussianDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency, classical_epsilon, noise_for_epsilon

NOTICEABLE = 0.01
"""Relative difference of two epsilons below which nothing is said of it."""


def formula_off(words: Words, asked: Asked) -> Sequence[str]:
    """Say where what is promised of one round that everybody is in differs from the exact curve."""
    noise = asked.rounds.noise_multiplier
    pairs = {
        each: (asked.promised or classical_epsilon(noise, asked.delta, each), asked.once.epsilon(asked.delta, each))
        for each in Adjacency
    }
    differ = [
        f"{figure(said)} where it is {guaranteed_figure(found)} ({short(each)})"
        for each, (said, found) in pairs.items()
        if not math.isclose(said, found, rel_tol=NOTICEABLE)
    ]
    everybody = " that everybody is in" if asked.sampled else ""
    formula = "the classical formula, proved for epsilon below 1 only,"
    promiser = f"the configuration, by {formula}" if asked.promised else formula
    told = f"{promiser} promises of one {words.one}{everybody} an epsilon of"
    return [f"{told} {', and '.join(differ)}"] if differ else []


def on_a_lattice(words: Words, asked: Asked) -> Sequence[str]:
    """Say what discrete noise guarantees, which a computer can add exactly."""
    rounds = asked.rounds
    if rounds.noise_multiplier == 0:
        return []
    noise = DiscreteGaussianDpEvent(rounds.noise_multiplier)
    once = PoissonSampledDpEvent(rounds.sampling_rate, noise) if asked.sampled else noise
    found = guaranteed_figure(epsilon(composed(once, rounds.rounds), asked.delta))
    orders = ", at integer orders" if asked.sampled else ""
    return [
        "floats only approximate this noise; a discrete Gaussian on a lattice can be added exactly, and has an epsilon "
        f"of {found} over all {words.one}s (zero-out), by Renyi divergences{orders}"
    ]


def too_sensitive(clip_norm: float, sensitivity: float) -> Sequence[str]:
    """Say that a sensitivity is smaller than what the clip norm allows."""
    if sensitivity == 0:
        return ["sensitivity 0 adds no noise: nothing is guaranteed"]
    stated, clip = f"sensitivity {write_rounded(sensitivity)}", write_rounded(clip_norm)
    if sensitivity < clip_norm:
        times = clip_norm / sensitivity
        return [
            f"{stated} is smaller than clip norm {clip}, by which one update may change what is sent: the noise is "
            f"{figure(times)} times too small for zero-out, and {figure(2 * times)} times for replace"
        ]
    if sensitivity < 2 * clip_norm:
        return [
            f"{stated} is one of zero-out; two updates of clip norm {clip} may differ by "
            f"{write_rounded(2 * clip_norm)}, and local differential privacy, which is replace, needs that"
        ]
    return []


def noise_needed(clip_norm: float, asked: Asked, epsilon: float) -> Sequence[str]:
    """Say which noise would give the epsilon that was asked for over all rounds."""
    rounds, noise = asked.rounds.rounds, asked.rounds.noise_multiplier * clip_norm
    zero_out, replace = (clip_norm * noise_for_epsilon(rounds, epsilon, asked.delta, each) for each in Adjacency)
    over = "one round" if rounds == 1 else f"all {rounds:,} rounds together"
    return [
        f"for an epsilon of {write_rounded(epsilon)} over {over} the noise needs a standard deviation of "
        f"{guaranteed_figure(zero_out)} (zero-out) or {guaranteed_figure(replace)} (replace); it has {figure(noise)}"
    ]
