"""The privacy of whole clients, as a string asks for it."""

from dataclasses import dataclass
from functools import lru_cache

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, EPSILON, require_in
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.grammar import write_changed
from fedsz_privacy.defences.proof import Composition
from fedsz_privacy.training.accounting import calibrate, composed


@dataclass(frozen=True)
class ClientPrivacy:
    """What `DPFedAvg` is asked for.

    Attributes
    ----------
    eps : float or None
        Epsilon to guarantee over all rounds, in nats, or
    noise : float or None
        the noise multiplier itself; exactly one of them.
    clip : float
        Largest L2 norm of a client's whole update.
    rate : float
        Probability that a client takes part in a round.

    Raises
    ------
    InputError
        If not exactly one of eps and noise is given, or a number is out of range.
    """

    eps: float | None = None
    noise: float | None = None
    clip: float = 1.0
    rate: float = 1.0

    def __post_init__(self) -> None:
        if (self.eps is None) == (self.noise is None):
            raise InputError("dpfedavg takes eps or noise, one of both: write dpfedavg:eps=8 or dpfedavg:noise=1.1")
        if self.eps is not None:
            require_in(EPSILON, self.eps, "eps")
        DPFedAvg(ACCOUNTED_NOISE_MULTIPLIER.least if self.noise is None else self.noise, self.clip, self.rate)

    @property
    def options(self) -> str:
        """The options of the string that asks for it, without what is left at its default."""
        return write_changed(self)

    def aggregation(self, composition: Composition) -> DPFedAvg:
        """Return the aggregation; an epsilon is that of all rounds together, at the delta of the composition."""
        noise = _calibrated(self.eps, self.rate, composition) if self.noise is None else self.noise
        return DPFedAvg(noise, self.clip, self.rate)


@lru_cache
def _calibrated(eps: float | None, rate: float, composition: Composition) -> float:
    assert eps is not None
    return calibrate(
        lambda noise: composed(DPFedAvg(noise, sampling_rate=rate).event, composition.rounds), eps, composition.delta
    )
