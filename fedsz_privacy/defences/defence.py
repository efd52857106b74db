"""Defences: a training rule and a release, named by one short string.

``none``, ``fedsz:rel=1e-2``, ``dpsgd:eps=8``, ``dpsgd:noise=1.1,clip=0.5+fedsz:rel=1e-2``, ``opacus:eps=8``: DP-SGD
changes how a client trains, a release what leaves it, and ``dpfedavg:eps=8`` what the server makes of it. The first
part may be ``dpsgd``, the toolkit's own, ``opacus``, Opacus itself, or ``dpfedavg``; all others are releases, a user's
own (``module:factory``) among them.
"""

from dataclasses import dataclass, replace

from fedsz_privacy.core.dp_events import DpEvent, NonPrivateDpEvent
from fedsz_privacy.core.numbers import write_shortest
from fedsz_privacy.defences.aggregation import AVERAGE, Aggregation
from fedsz_privacy.defences.dpfedavg import DPFedAvg
from fedsz_privacy.defences.names import DPFEDAVG, first_kind
from fedsz_privacy.defences.private_training import PRIVATE, Privacy, calibrated
from fedsz_privacy.defences.proof import Composition, Observer, Unit
from fedsz_privacy.defences.reading import name_of, read_defence
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import composed
from fedsz_privacy.training.descent import Training
from fedsz_privacy.training.own import OwnTraining
from fedsz_privacy.training.rule import TrainingRule


@dataclass(frozen=True)
class Setting:
    """What defences of one study have in common.

    Attributes
    ----------
    rule : TrainingRule
        How clients train without a private rule.
    built_in_training : Training
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
    built_in_training: Training
    expected_records: float
    delta: float = 1e-5
    rounds: int = 1
    observer: Observer = Observer.SERVER


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

    @property
    def refused(self) -> str:
        """The condition of the release's proof that was found not to hold, in words; empty if none was."""
        return self.release.refused


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
    kind, privacy, release = read_defence(text, composition)
    if isinstance(privacy, Privacy):
        delta = privacy.delta or setting.delta
        private = PRIVATE[kind](
            calibrated(privacy, setting.built_in_training, setting.expected_records, delta, setting.rounds)
        )
        reason = _reason(private, privacy, setting)
        return Defence(name_of(kind, privacy, release), private, release, private.event, reason)
    alone = _plainly_trained(release.against(setting.observer), setting)
    if privacy is None:
        return alone
    aggregation = privacy.aggregation(composition)
    return _added_up(replace(alone, name=name_of(kind, privacy, release)), aggregation, setting)


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
