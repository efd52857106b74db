"""The verdict on a defence: what is guaranteed, what is as if, what was measured; never merged."""

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.methods.curves.privacy_curves import AsIf
from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.audit.measure import RECORDS
from fedsz_privacy.defences.proof import Unit

ALSO_KNOWN = "the architecture, the global state before the target joined, the candidate records and the defence"
"""What every adversary knows besides what it sees."""


@dataclass(frozen=True)
class Verdict:
    """One defence's verdict, in three parts of different standing.

    Attributes
    ----------
    guarantee : Guarantee
        Proved, from the defence's privacy event alone; no measurement enters it.
    as_if : AsIf or None
        A description of the error; None where its release makes none.
    groups : mapping of str to mapping of str to Leakage
        What each signal's attack achieved on each group of candidates, the ordinary records first.
    strongest : mapping of str to Leakage
        The same of the strongest signal, as `Strongest` chooses it.
    epsilon_lower_bound : EpsilonBound
        Measured too: at its confidence, no claim of a smaller epsilon, for one record, is true.
    canary_bounds : tuple of CanaryBound
        Likewise by canaries, if any were played; those whose confidence is exact first.
    """

    guarantee: Guarantee
    as_if: AsIf | None
    groups: Mapping[str, Mapping[str, Leakage]]
    strongest: Mapping[str, Leakage]
    epsilon_lower_bound: EpsilonBound
    canary_bounds: tuple[CanaryBound, ...] = ()

    @property
    def measured(self) -> Mapping[str, Leakage]:
        """What each signal's attack achieved on ordinary records: a lower bound on what an adversary can do."""
        return self.groups[RECORDS]

    @property
    def record_canary_bounds(self) -> tuple[CanaryBound, ...]:
        """The bounds by canaries for the unit of what else is measured; those for one client have their own table."""
        return tuple(each for each in self.canary_bounds if each.unit is Unit.RECORD)
