"""How much noise is shared and how much secret, in clip norms, and the epsilons that ask for it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from dp_accounting import DpEvent, GaussianDpEvent

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, require_in
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.training.accounting import calibrate, composed
from fedsz_privacy.training.events import DiscreteGaussianDpEvent

MOST_SECRET = 0.99
"""Largest share of the noise that may be secret: what is left for the layers then hides the lattice's points."""


@dataclass(frozen=True)
class Tiers:
    """Noise multipliers, in clip norms.

    Attributes
    ----------
    outsiders : float
        Of all noise together.
    secret : float
        Of the part that nobody shares; 0 for none.
    """

    outsiders: float
    secret: float = 0.0

    def __post_init__(self) -> None:
        require_in(ACCOUNTED_NOISE_MULTIPLIER, self.outsiders, "noise multiplier")
        if self.secret:
            require_in(ACCOUNTED_NOISE_MULTIPLIER, self.secret, "secret noise multiplier")
        if self.secret > MOST_SECRET * self.outsiders:
            raise InputError(
                f"secret noise of {self.secret:.4g} clip norms, of {self.outsiders:.4g} in all: choose more noise "
                f"against outsiders, or a secret part of at most {MOST_SECRET} of it"
            )

    @property
    def shared(self) -> float:
        """The multiplier of the layered quantiser's error."""
        return float((self.outsiders**2 - self.secret**2) ** 0.5)


@lru_cache
def choose_tiers(
    composition: Composition, eps: float | None, server: float | None, noise: float | None, secret: float | None
) -> Tiers:
    """Return the noise multipliers that options of `layered_gaussian` ask for.

    Raises
    ------
    InputError
        If they do not go together, or cannot be reached.
    """
    if (eps is None) == (noise is None) or (eps is None and server) or (noise is None and secret):
        raise InputError(
            "layered-gaussian takes eps, with or without server, or noise, with or without secret: write "
            "layered-gaussian:eps=1,server=8,clip=1 or layered-gaussian:noise=4,secret=0.8,clip=1"
        )
    if noise is not None:
        return Tiers(noise, secret or 0.0)
    assert eps is not None
    outsiders = _least(GaussianDpEvent, eps, composition)
    return Tiers(outsiders, 0.0 if server is None else _least(DiscreteGaussianDpEvent, server, composition))


def _least(event: Callable[[float], DpEvent], eps: float, composition: Composition) -> float:
    return calibrate(lambda multiplier: composed(event(multiplier), composition.rounds), eps, composition.delta)
