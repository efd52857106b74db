"""Defences: a training rule and a release, named by one short string.

``none``, ``fedsz:rel=1e-2``, ``dpsgd:eps=8``, ``dpsgd:eps=8,delta=1e-6,clip=0.5+fedsz:rel=1e-2``: DP-SGD changes how a
client trains, a release what leaves it; the first part may be ``dpsgd``, all others are releases, a user's own
(``module:factory``) among them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dp_accounting import DpEvent, SelfComposedDpEvent

from fedsz_privacy.defences.release import Release, make, none, parse_release, read_part, split_parts, write_shortest
from fedsz_privacy.training.descent import Training, TrainingRule
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd

PRIVATE = "dpsgd"


@dataclass(frozen=True)
class Target:
    """What DP-SGD is asked to guarantee: epsilon in nats at delta, with gradients clipped to an L2 norm."""

    eps: float
    delta: float = 1e-5
    clip: float = 1.0

    @property
    def name(self) -> str:
        """The string that asks for it, without what is left at its default."""
        changed = {key: value for key, value in vars(self).items() if key == "eps" or value != getattr(Target, key)}
        return f"{PRIVATE}:{','.join(f'{key}={write_shortest(value)}' for key, value in changed.items())}"


@dataclass(frozen=True)
class Defence:
    """What stands between a client's records and an observer: a training rule, then a release.

    Attributes
    ----------
    name : str
        The string that `parse_defence` reads.
    training : TrainingRule
        How the client trains.
    release : Release
        What its update passes through.
    event : DpEvent
        The privacy event of both together.
    reason : str
        Why the event holds, or why there is no guarantee.

    Guarantees
    ----------
    Under DP-SGD those of its event, one record added or removed, whatever the release does afterwards; under plain
    training those of the release's event.
    """

    name: str
    training: TrainingRule
    release: Release
    event: DpEvent
    reason: str


def parse_defence(text: str, training: Training, expected_records: float, rounds: int = 1) -> Defence:
    """Return the defence that a string names.

    Parameters
    ----------
    text : str
        Such as ``none``, ``fedsz:rel=1e-2``, ``dpsgd:eps=8`` or ``dpsgd:eps=8+fedsz:rel=1e-2``.
    training : Training
        Epochs, batch size and learning rate, of DP-SGD too.
    expected_records : float
        Public number that stands for the client's number of records, as `DPTraining` explains.
    rounds : int
        Rounds in which the client takes part; the event is that of all of them together.

    Raises
    ------
    InputError
        If the string names no defence, or its guarantee cannot be reached.
    """
    target, release = _read(text)
    if target is None:
        event = release.event if rounds == 1 else SelfComposedDpEvent(release.event, rounds)
        return Defence(release.name, training, release, event, release.reason)
    private = _calibrated(target, training, expected_records, rounds)
    reason = (
        f"DP-SGD with noise multiplier {private.noise_multiplier:.3f}, by dp-accounting's PLD accountant, for one "
        "record added or removed and an adversary who sees every update and step; what follows is post-processing"
    )
    return Defence(_name(target, release), private, release, private.event, reason)


def settle_defences(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the settled names of defences, none twice, those of one training rule together, plain training first."""
    read = sorted((_read(text) for text in texts), key=lambda each: each[0].name if each[0] else "")
    return tuple(dict.fromkeys(_name(*each) for each in read))


def _read(text: str) -> tuple[Target | None, Release]:
    first, *rest = split_parts(text)
    if first.partition(":")[0].strip() != PRIVATE:
        return None, parse_release(text)
    kind, options = read_part(first)
    return make(kind, Target, options), parse_release("+".join(rest)) if rest else none()


def _name(target: Target | None, release: Release) -> str:
    if target is None:
        return release.name
    return target.name if release.name == none().name else f"{target.name}+{release.name}"


@lru_cache
def _calibrated(target: Target, training: Training, expected_records: float, rounds: int) -> DPTraining:
    return dpsgd(training, expected_records, target.eps, target.delta, target.clip, rounds)
