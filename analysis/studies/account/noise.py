"""How much noise a configuration adds: as it says, or as little as an epsilon needs."""

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.studies.account.asked import Words, figure
from fedsz_privacy.core.dp_events import GaussianDpEvent, PoissonSampledDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import DELTA, EPSILON, require_in
from fedsz_privacy.training.accounting import calibrate, composed
from fedsz_privacy.training.gaussian_rounds import Adjacency, GaussianRounds, noise_for_epsilon

DIGITS = 4
"""Digits of a noise multiplier that is found, so that whoever copies it has all of it."""


def rounds_of(
    noise_multiplier: float | None, epsilon: float | None, sampling_rate: float, rounds: int, delta: float
) -> GaussianRounds:
    """Return rounds of the noise that is given, or of the least that guarantees an epsilon for zero-out.

    Parameters
    ----------
    noise_multiplier, epsilon : float or None
        One of them.
    sampling_rate, rounds, delta
        As `GaussianRounds` and its ``epsilon`` take them.

    Guarantees
    ----------
    Of noise that is found the epsilon of all rounds together, at delta, for adding or removing one unit of privacy, is
    no more than ``epsilon``, and as the accountant has it no less than 99% of it but for the rounding of the noise to
    four digits, upwards. Where losses of one round are far below the accountant's steps of 1e-4, the true one is less.

    Raises
    ------
    InputError
        If neither or both are given, a number is out of range, or next to no noise reaches the epsilon.
    """
    if epsilon is None and noise_multiplier is not None:
        return GaussianRounds(noise_multiplier, sampling_rate, rounds)
    if epsilon is None or noise_multiplier is not None:
        raise InputError("give --noise-multiplier or --epsilon, one of them")
    require_in(EPSILON, epsilon, "epsilon")
    require_in(DELTA, delta, "delta")
    # Sampling and rounds are checked here, before the search.
    asked = GaussianRounds(1.0, sampling_rate, rounds)
    least = _least(epsilon, asked, delta)
    unit = 10.0 ** (math.floor(math.log10(least)) - DIGITS + 1)
    digits = math.ceil(least / unit)
    # The two accountants may differ in the last digit.
    while (found := _with_noise(asked, digits * unit)).epsilon(delta, Adjacency.ZERO_OUT) > epsilon:
        digits += 1
    return found


def _with_noise(rounds: GaussianRounds, noise_multiplier: float) -> GaussianRounds:
    return replace(rounds, noise_multiplier=float(f"{noise_multiplier:.{DIGITS - 1}e}"))


def _least(epsilon: float, asked: GaussianRounds, delta: float) -> float:
    if asked.sampling_rate == 1:
        return noise_for_epsilon(asked.rounds, epsilon, delta, Adjacency.ZERO_OUT)

    def event(noise_multiplier: float) -> PoissonSampledDpEvent:
        return PoissonSampledDpEvent(asked.sampling_rate, GaussianDpEvent(noise_multiplier))

    return calibrate(lambda noise_multiplier: composed(event(noise_multiplier), asked.rounds), epsilon, delta)


def noise_found(words: Words, epsilon: float | None, found: GaussianRounds) -> Sequence[str]:
    """Say which noise was found for an epsilon, if one was asked for."""
    if epsilon is None:
        return []
    return [
        f"noise multiplier {figure(found.noise_multiplier)} was found for an epsilon of {write_rounded(epsilon)} at "
        f"most over all {words.one}s together (zero-out)"
    ]
