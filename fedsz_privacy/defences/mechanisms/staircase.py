r"""The staircase mechanism, dithered: a bit a coordinate, shared dither, and secret geometric noise on it.

A coordinate x is clamped to [-C, C], and :math:`t = (x + C) / 2C`. With U uniform on (0, 1), which both ends have, its
bit is 1 if :math:`t + U \ge 1`. The client adds G of :math:`P(G = k) \propto e^{-\epsilon |k|}`, which it alone knows,
and clamps to a public range. The server takes :math:`y = 2C (M - U + 1/2) - C`. The error is uniform on a step of width
2C, plus 2C G: the staircase of Geng and Viswanath (The Optimal Mechanism in Differential Privacy, arXiv 1212.1186) with
its first step half as wide as the others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from fedsz_privacy.core.numbers import write_rounded
from fedsz_privacy.core.ranges import CLIP_NORM, require_in
from fedsz_privacy.core.shared_randomness import SharedRandomness
from fedsz_privacy.core.state import StateDict
from fedsz_privacy.defences.grammar import write_options
from fedsz_privacy.defences.mechanisms.channel import Channel, transmit
from fedsz_privacy.defences.mechanisms.floats import blanked, float_values
from fedsz_privacy.defences.mechanisms.quantiser import Codes, Shared, Values
from fedsz_privacy.defences.mechanisms.two_sided_geometric import ROUND_EPSILON, TwoSidedGeometric
from fedsz_privacy.defences.proof import Composition, Observer, Proof, Unit
from fedsz_privacy.defences.release import Release, Released
from fedsz_privacy.training.events import EpsilonDeltaDpEvent
from fedsz_privacy.training.gaussian_rounds import Adjacency


@dataclass(frozen=True)
class Staircase:
    """The dithered quantiser of one bit with secret noise.

    Parameters
    ----------
    clip : float
        Largest size of a coordinate; larger ones are clamped.
    noise : TwoSidedGeometric
        Of the secret noise, whose range bounds that of codes too.
    """

    clip: float
    noise: TwoSidedGeometric

    @property
    def draws(self) -> int:
        """One: the dither."""
        return 1

    def encode(self, values: Values, shared: Shared, secret: Generator, /) -> Codes:
        """Return noisy bits, clamped to a range that the data has no part in."""
        # What lies beyond the clip has the bit of its end, so the comparison clamps by itself.
        bits = values / (2 * self.clip) + 0.5 + shared[0] >= 1
        noised: Codes = bits + self.noise.draw(values.size, secret)
        return noised.clip(1 - self.noise.most, self.noise.most)

    def decode(self, codes: Codes, shared: Shared, /) -> Values:
        """Return the unbiased estimate."""
        values: Values = 2 * self.clip * (codes - shared[0])
        return values

    def error_cdf(self, error: Values) -> Values:
        """Return the distribution function of the error of values that the clip leaves as they are."""
        steps = error / (2 * self.clip) + 0.5
        whole, ratio = np.floor(steps), np.exp(-self.noise.epsilon)
        mass = (1 - ratio) / (1 + ratio) * ratio ** np.abs(whole)
        tail = ratio ** np.abs(whole - 0.5) * ratio**0.5 / (1 + ratio)
        cumulated: Values = np.where(whole > 0, 1 - tail, tail) + mass * (steps - whole)
        return cumulated


def staircase(composition: Composition, eps: float, clip: float) -> Release:
    r"""Return the staircase mechanism of one epsilon for all rounds together: ``staircase:eps=4,clip=1e-3``.

    Parameters
    ----------
    composition : Composition
        Each round has an equal part of epsilon; the delta is not used.
    eps : float
        Epsilon of one coordinate over all rounds, in nats.
    clip : float
        Largest size of a coordinate, C, in the update's own unit.

    Raises
    ------
    InputError
        If a number is out of range.

    Guarantees
    ----------
    :math:`\epsilon`-differential privacy for each coordinate, in each round with its part of epsilon.

    - Adversary: whoever reads every frame and knows U. Given U, a value decides its bit b and nothing else. The code is
      b + G, clamped to [1 - K, K]. Two values have bits that differ by 1 at most, and then no code is more than
      :math:`e^\epsilon` times as likely under one as under the other: G has that ratio between neighbours, and the ends
      of the range have the geometric tails (`TwoSidedGeometric`). A frame and its length are made of codes.
    - Adjacency: one coordinate replaced by any other value, D = 2C, which is the width of a step. That is the stronger
      of the two; zero in its place is a case of it.
    - Limits: of a whole update of d coordinates only d times epsilon follows. A value is compared once, in floats, so
      rounding can change a bit and no probability. Whoever draws G must do so by a generator that nobody can guess.
      Integers and bools leave as zeros.
    """
    require_in(CLIP_NORM, clip, "clip")
    require_in(ROUND_EPSILON, eps / composition.rounds, "eps of one round")
    quantiser = Staircase(clip, TwoSidedGeometric(eps / composition.rounds))

    def apply(update: StateDict, generator: Generator) -> Released:
        values = float_values(update)
        channel = Channel(dict.fromkeys(values, quantiser), SharedRandomness.drawn(generator))
        return transmit(channel, values, blanked(update, values), update, generator)

    proof = Proof(
        EpsilonDeltaDpEvent(eps / composition.rounds),
        Unit.COORDINATE,
        Adjacency.REPLACE,
        Observer.SERVER,
        f"one bit a coordinate with two-sided geometric noise, each coordinate clamped to {write_rounded(clip)}",
        "Geng and Viswanath, arXiv 1212.1186, and the dithered form proved in `staircase`",
    )
    return Release(
        name=f"staircase:{write_options({'eps': eps, 'clip': clip})}",
        apply=apply,
        event=proof.event,
        reason=proof.reason,
        unit=proof.unit,
        sigma=_deviation(quantiser),
    )


def _deviation(quantiser: Staircase) -> float:
    """Return the standard deviation of a uniform step and of geometric noise together."""
    ratio = np.exp(-quantiser.noise.epsilon)
    return 2 * quantiser.clip * float(np.sqrt(1 / 12 + 2 * ratio / (1 - ratio) ** 2))
