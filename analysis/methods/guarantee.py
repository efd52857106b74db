"""What is guaranteed: a proof, from a privacy event alone; no measurement enters it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isinf

from analysis.reporting.numbers import as_upper_bound
from fedsz_privacy.core.dp_events import NonPrivateDpEvent
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.proof import Unit
from fedsz_privacy.defences.release import Release, as_claim
from fedsz_privacy.training.accounting import epsilon
from fedsz_privacy.training.own import OwnTraining

_CLAIMED = " An epsilon marked as claimed is what a user's own code says of itself: accounted for, and not checked."


@dataclass(frozen=True)
class Guarantee:
    """What a proof says of a defence, against every adversary of the kind it names.

    Attributes
    ----------
    epsilon, delta : float
        The defence is (epsilon, delta)-differentially private; epsilon is infinite where nothing is proved.
    reason : str
        Why, in one sentence; for a training function of a user's own, what it claims.
    claimed : bool
        Whether the proof is what a user's own code says of itself, accounted for and not checked.
    unit : Unit
        The unit of privacy.
    """

    epsilon: float
    delta: float
    reason: str
    claimed: bool = False
    unit: Unit = Unit.RECORD

    def __str__(self) -> str:
        """Return epsilon as a table shows it, a claim marked as one."""
        if isinf(self.epsilon):
            return "∞"
        return f"{as_upper_bound(self.epsilon)}, claimed" if self.claimed else as_upper_bound(self.epsilon)

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values; an infinite epsilon stands as the string ``"inf"``."""
        return asdict(self) | ({"epsilon": "inf"} if isinf(self.epsilon) else {})


def guarantee(defence: Release | Defence, delta: float) -> Guarantee:
    """Return what a release or another defence guarantees at delta, from its privacy event."""
    found = epsilon(defence.event, delta)
    reason = _reason(defence, isinf(found)) if isinstance(defence, Defence) else defence.reason
    return Guarantee(found, delta, reason, defence.claimed, defence.unit)


def note_of_claims(guarantees: Iterable[Guarantee]) -> str:
    """Return what the note of a table of guarantees says of the claims among them; empty if there are none."""
    return _CLAIMED if any(stated.claimed for stated in guarantees) else ""


def _reason(defence: Defence, nothing: bool) -> str:
    """Return the reason of a defence, beside what a training function of a user's own claims."""
    training = defence.training
    if not isinstance(training, OwnTraining):
        return defence.reason
    if isinstance(training.event, NonPrivateDpEvent):
        return f"{defence.reason}; {training.name} claims no privacy event" if nothing else defence.reason
    return as_claim(training.name, defence.reason) if defence.claimed else defence.reason
