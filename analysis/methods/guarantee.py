"""What is guaranteed: a proof, from a privacy event alone; no measurement enters it."""

from dataclasses import dataclass

from analysis.methods.curves.privacy_curves import DELTA
from fedsz_privacy.defences.defence import Defence
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.accounting import epsilon


@dataclass(frozen=True)
class Guarantee:
    """What a proof says of a release, against every adversary of the kind it names.

    Attributes
    ----------
    epsilon, delta : float
        The release is (epsilon, delta)-differentially private; epsilon is infinite where nothing is proved.
    reason : str
        Why, in one sentence.
    """

    epsilon: float
    delta: float
    reason: str


def guarantee(defence: Release | Defence) -> Guarantee:
    """Return what a release or another defence guarantees, from its privacy event."""
    return Guarantee(epsilon(defence.event, DELTA), DELTA, defence.reason)
