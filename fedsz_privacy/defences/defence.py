"""Defences: a training rule and a release, named by one short string.

``none``, ``fedsz:rel=1e-2``, ``dpsgd:eps=8``, ``dpsgd:noise=1.1,clip=0.5+fedsz:rel=1e-2``, ``opacus:eps=8``: DP-SGD
changes how a client trains, a release what leaves it, and ``dpfedavg:eps=8`` what the server makes of it. The first
part may be ``dpsgd``, the toolkit's own, ``opacus``, Opacus itself, or ``dpfedavg``; all others are releases, a user's
own (``module:factory``) among them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.ranges import ACCOUNTED_NOISE_MULTIPLIER, CLIP_NORM, DELTA, EPSILON, Range, require_in
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.dpfedavg import ClientPrivacy, DPFedAvg
from fedsz_privacy.defences.grammar import make, read_part, split_parts, write_changed, write_shortest
from fedsz_privacy.defences.grid import expand
from fedsz_privacy.defences.mechanisms.none import none
from fedsz_privacy.defences.parsing import ONE_ROUND, parse_release, without_sigmas
from fedsz_privacy.defences.proof import Composition, Observer, Unit
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import composed
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.dpsgd import DPTraining, dpsgd, dpsgd_with_noise
from fedsz_privacy.training.opacus import OpacusTraining
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule


@dataclass(frozen=True)
class Setting:
    """What defences of one study have in common.

    Attributes
    ----------
    rule : TrainingRule
        How clients train without a private rule.
    settings : Training
        Epochs, batch size and optimiser, of private training too.
    expected_records : float
        Public number that stands for the client's number of records, as `DPTraining` explains.
    delta : float
        The delta that an epsilon is for where a string does not say another.
    rounds : int
        Rounds in which the client takes part; events are those of all of them together.
    observer : Observer
        Whom events hold against.
    """

    rule: TrainingRule
    settings: Training
    expected_records: float
    delta: float = 1e-5
    rounds: int = 1
    observer: Observer = Observer.SERVER


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


@dataclass(frozen=True)
class Defence:
    """What stands between a client's records and an observer: a training rule, a release, then the server's step.

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
    unit : Unit
        The unit of privacy of the event.
    aggregation : Aggregation
        How the server makes the next global state of what clients sent.
    claimed : bool
        Whether the event is what a user's own code says of itself.

    Guarantees
    ----------
    Under private training, or a training function that claims one, those of its event, one record added or removed,
    whatever the release does afterwards; under plain training those of the release's event. Under `DPFedAvg`, against
    whoever sees aggregates only, those of its event, one client there or not, whatever clients do before; against
    others it adds nothing.
    """

    name: str
    training: TrainingRule
    release: Release
    event: DpEvent
    reason: str
    unit: Unit = Unit.RECORD
    aggregation: Aggregation = AVERAGE
    claimed: bool = False


def parse_defence(text: str, setting: Setting) -> Defence:
    """Return the defence that a string names.

    Parameters
    ----------
    text : str
        Such as ``none``, ``fedsz:rel=1e-2``, ``dpsgd:eps=8``, ``dpsgd:noise=1.1+fedsz:rel=1e-2`` or
        ``dpfedavg:eps=8``.
    setting : Setting
        What all defences of the study have in common.

    Raises
    ------
    InputError
        If the string names no defence, or its guarantee cannot be reached.
    """
    composition = Composition(setting.delta, setting.rounds)
    kind, privacy, release = _read(text, composition)
    if isinstance(privacy, Privacy):
        private = PRIVATE[kind](_calibrated(privacy, setting))
        return Defence(
            _name(kind, privacy, release), private, release, private.event, _reason(private, privacy, setting)
        )
    alone = _plainly_trained(release.against(setting.observer), setting)
    if privacy is None:
        return alone
    aggregation = privacy.aggregation(composition)
    return _added_up(replace(alone, name=_name(kind, privacy, release)), aggregation, setting)


def _plainly_trained(release: Release, setting: Setting) -> Defence:
    rule = setting.rule.over(setting.rounds) if isinstance(setting.rule, OwnTraining) else setting.rule
    if _guarantees(rule.event):
        return Defence(release.name, rule, release, rule.event, rule.reason, claimed=isinstance(rule, OwnTraining))
    event = composed(release.event, setting.rounds)
    return Defence(release.name, rule, release, event, release.reason, release.unit, claimed=release.claimed)


def _added_up(alone: Defence, aggregation: DPFedAvg, setting: Setting) -> Defence:
    """Return a defence with an aggregation, and what that guarantees against the observer of the setting."""
    defence = replace(alone, aggregation=aggregation)
    if setting.observer is not Observer.AGGREGATES:
        behind = "dpfedavg guarantees nothing here, as its noise is added to the sum, behind what this adversary sees"
        return replace(defence, reason=f"{behind}; before it {defence.reason}")
    proof = aggregation.proof
    event = composed(proof.event, setting.rounds)
    return replace(defence, event=event, reason=proof.reason, unit=proof.unit, claimed=False)


def strongest_observer(text: str) -> Observer:
    """Return whom a defence's own guarantee is made against: noise on the sum hides nothing from the server."""
    return Observer.AGGREGATES if first_kind(text) == DPFEDAVG else Observer.SERVER


def settle_defences(texts: Iterable[str], composition: Composition = ONE_ROUND) -> tuple[str, ...]:
    """Return the settled names of defences, none twice, those of one training rule together, plain training first.

    A string with a range of numbers stands for several, as `expand` reads it.

    An epsilon in them is for that composition: one that its rounds cannot be calibrated to is refused here.
    """
    read = sorted(
        (_read(text, composition) for grid in texts for text in expand(grid)),
        key=lambda each: _name(each[0], each[1], none()) if each[1] else "",
    )
    return tuple(dict.fromkeys(_name(*each) for each in read))


def releases_of(texts: Iterable[str], composition: Composition = ONE_ROUND) -> list[Release]:
    """Return what updates pass through under each defence, by itself: without training and aggregation."""
    return [_read(text, composition)[2] for text in texts]


def _read(text: str, composition: Composition = ONE_ROUND) -> tuple[str, Privacy | ClientPrivacy | None, Release]:
    first, *rest = split_parts(text)
    if behind := [kind for part in rest if (kind := first_kind(part)) in NO_RELEASES]:
        what = NO_RELEASES[behind[0]]
        raise InputError(f"{text!r} has {behind[0]}, which is {what}, behind another part: write it first, and once")
    if first_kind(text) not in NO_RELEASES:
        return "", None, parse_release(text, composition)
    kind, options = read_part(first)
    values = without_sigmas(kind, options)
    privacy = make(kind, Privacy, values) if kind in PRIVATE else make(kind, ClientPrivacy, values)
    release = parse_release("+".join(rest), composition) if rest else none()
    if isinstance(privacy, ClientPrivacy) and release.feedback:
        raise InputError(f"{text!r} feeds back what clients lost, also of those that are not sampled: leave ef+ out")
    return kind, privacy, release


def first_kind(text: str) -> str:
    """Return the word that a defence's first part begins with."""
    return text.partition("+")[0].partition(":")[0].strip()


def _name(kind: str, privacy: Privacy | ClientPrivacy | None, release: Release) -> str:
    if privacy is None:
        return release.name
    training = f"{kind}:{privacy.options}"
    return training if release.name == none().name else f"{training}+{release.name}"


def _reason(private: TrainingRule, privacy: Privacy, setting: Setting) -> str:
    if privacy.delta is None or privacy.delta == setting.delta:
        return private.reason
    return (
        f"{private.reason}; calibrated to epsilon {privacy.eps:g} at delta {write_shortest(privacy.delta)}, and "
        "restated here at "
        f"the run's delta of {write_shortest(setting.delta)}"
    )


def _guarantees(event: DpEvent) -> bool:
    return not isinstance(event, NonPrivateDpEvent)


def _calibrated(privacy: Privacy, setting: Setting) -> DPTraining:
    return _dpsgd(privacy, setting.settings, setting.expected_records, privacy.delta or setting.delta, setting.rounds)


@lru_cache
def _dpsgd(privacy: Privacy, settings: Training, expected_records: float, delta: float, rounds: int) -> DPTraining:
    if privacy.noise is not None:
        return dpsgd_with_noise(settings, expected_records, privacy.noise, privacy.clip, rounds)
    assert privacy.eps is not None
    return dpsgd(settings, expected_records, privacy.eps, delta, privacy.clip, rounds)


PRIVATE: Mapping[str, Callable[[DPTraining], TrainingRule]] = MappingProxyType(
    {"dpsgd": lambda private: private, "opacus": OpacusTraining}
)
"""Private training by the word that asks for it, from the numbers of DP-SGD."""

DPFEDAVG = "dpfedavg"
"""What asks for `DPFedAvg`."""

NO_RELEASES: Mapping[str, str] = MappingProxyType({**dict.fromkeys(PRIVATE, "training"), DPFEDAVG: "aggregation"})
"""What may stand first in the string of a defence and is no release, with what it is."""
