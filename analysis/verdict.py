"""The verdict on a release: what is guaranteed, what is as if, what was measured; never merged."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.membership import Leakage
from analysis.privacy_curves import DELTA, AsIf
from fedsz_privacy.accounting import epsilon
from fedsz_privacy.defence import Defence
from fedsz_privacy.release import Release

ADVERSARY = "whoever reads one client's released update in one round and knows model, global state and candidates"


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


@dataclass(frozen=True)
class Verdict:
    """One release's verdict, in three parts of different standing.

    Attributes
    ----------
    guarantee : Guarantee
        Proved, from the release's privacy event alone; no measurement enters it.
    as_if : AsIf or None
        A description of the error; None where the release has none.
    measured : mapping of str to Leakage
        What each signal's attack achieved: a lower bound on what an adversary can do.
    """

    guarantee: Guarantee
    as_if: AsIf | None
    measured: Mapping[str, Leakage]


def guarantee(defence: Release | Defence) -> Guarantee:
    """Return what a release or another defence guarantees, from its privacy event."""
    return Guarantee(epsilon(defence.event, DELTA), DELTA, defence.reason)
