"""Private training: what a string asks of it, and the noise that this takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, CLIP_NORM, DELTA, EPSILON, Range, require_in
from fedsz_privacy.defences.grammar import write_changed
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd, dpsgd_with_noise
from fedsz_privacy.training.opacus import OpacusTraining
from fedsz_privacy.training.rule import TrainingRule

PRIVATE: Mapping[str, Callable[[DPTraining], TrainingRule]] = MappingProxyType(
    {"dpsgd": lambda private: private, "opacus": OpacusTraining}
)
"""Private training by the word that asks for it, from the numbers of DP-SGD."""

PRIVACY_RANGES: Mapping[str, Range] = MappingProxyType(
    {"eps": EPSILON, "noise multiplier": ACCOUNTED_NOISE_MULTIPLIER, "delta": DELTA, "clip norm": CLIP_NORM}
)


@dataclass(frozen=True)
class Privacy:
    """What private training is asked for.

    Attributes
    ----------
    eps : float or None
        Epsilon to guarantee, in nats, or
    noise : float or None
        the noise multiplier itself; exactly one of them.
    delta : float or None
        The delta of eps; that of the run by default.
    clip : float
        Largest L2 norm of a record's gradient.

    Raises
    ------
    InputError
        If not exactly one of eps and noise is given, or a number is out of range.
    """

    eps: float | None = None
    noise: float | None = None
    delta: float | None = None
    clip: float = 1.0

    def __post_init__(self) -> None:
        if (self.eps is None) == (self.noise is None):
            raise InputError("private training takes eps or noise, one of both: write dpsgd:eps=8 or dpsgd:noise=1.1")
        if self.noise is not None and self.delta is not None:
            raise InputError(
                f"delta {write_shortest(self.delta)} beside noise says nothing: give --delta for the whole run"
            )
        given = {"eps": self.eps, "noise multiplier": self.noise, "delta": self.delta, "clip norm": self.clip}
        for name, value in given.items():
            if value is not None:
                require_in(PRIVACY_RANGES[name], value, name)

    @property
    def options(self) -> str:
        """The options of the string that asks for it, without what is left at its default."""
        return write_changed(self)


@lru_cache
def calibrated(privacy: Privacy, settings: Training, expected_records: float, delta: float, rounds: int) -> DPTraining:
    """Return the numbers of DP-SGD for a client of so many records and rounds, its noise found once for each question.

    Raises
    ------
    InputError
        If no noise gives the epsilon.
    """
    if privacy.noise is not None:
        return dpsgd_with_noise(settings, expected_records, privacy.noise, privacy.clip, rounds)
    assert privacy.eps is not None
    return dpsgd(settings, expected_records, privacy.eps, delta, privacy.clip, rounds)
