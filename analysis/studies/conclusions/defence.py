"""The conclusion on a defence in one line, every clause by a rule from the figures that it quotes.

What is guaranteed, what was measured and what it costs are clauses of their own. No clause says more than its figures:
a difference that a run would have missed is not called none, and no attack's failure is called privacy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import isinf
from typing import TYPE_CHECKING

from analysis.methods.guarantee import Guarantee
from analysis.methods.leakage.detectable import POWER, Estimate
from analysis.methods.leakage.membership import Leakage
from analysis.methods.leakage.vulnerable import VULNERABLE_SHARE
from analysis.methods.lower_bounds.bounds import EpsilonBound
from analysis.reporting.numbers import FINE, as_lower_bound, as_upper_bound, change_of, interval, significant, times
from analysis.studies.audit.canary_bounds import CanaryBound
from analysis.studies.spec import REFERENCE
from fedsz_privacy.core.numbers import write_shortest

if TYPE_CHECKING:
    from fedsz_privacy.defences.proof import Unit

GUESSING = 0.5

MATERIAL = 0.1
"""Share of the undefended leakage, AUC minus guessing, below which a change is called none that matters."""

SAME_SIZE = 1.05
"""Ratio from which a size is called another."""


class Beside(Enum):
    """How the leakage under a defence compares to that of none, and what is said of it before what none is called."""

    UNSEEN = "not above guessing, as under"
    ABOUT_AS_MUCH = "leaks about as much as"
    AS_MUCH = "leaks as much as"
    MORE = "leaks more than"
    LESS = "leaks less than"
    UNTOLD = "cannot be told from"


@dataclass(frozen=True)
class PairedAuc:
    """How well the strongest attack names members under a defence, beside none.

    Attributes
    ----------
    auc, undefended : Estimate
        AUC under the defence, and under none.
    change : Estimate
        Their paired difference.
    detectable : float
        Its minimum detectable difference.
    beside : str
        What none is called.
    repeated : str
        What the interval is over, in the singular.
    """

    auc: Estimate
    undefended: Estimate
    change: Estimate
    detectable: float
    beside: str = REFERENCE
    repeated: str = "resample"


@dataclass(frozen=True)
class Finding:
    """What a study found of one defence.

    Attributes
    ----------
    defence : str
        Its name.
    ratio : float or None
        Compression ratio; None where no size was measured, or it is that of no defence.
    measured : PairedAuc or Estimate or None
        Leakage; of no defence itself its AUC; None where no attack was run.
    guarantee : Guarantee or None
        What is guaranteed; None where nothing is known of it.
    epsilon_lower_bound : EpsilonBound or None
        The lower bound on epsilon that attacks give; None where there is none.
    canaries : sequence of CanaryBound
        What canaries say of epsilon, where there are any.
    exposed : Estimate or None
        AUC on the most vulnerable records, where they were measured.
    exposed_share : float
        Their share of all.
    also : sequence of str
        Further clauses.
    attack : str
        Whose AUC was measured.
    """

    defence: str
    ratio: float | None = None
    measured: PairedAuc | Estimate | None = None
    guarantee: Guarantee | None = None
    epsilon_lower_bound: EpsilonBound | None = None
    canaries: Sequence[CanaryBound] = ()
    exposed: Estimate | None = None
    exposed_share: float = VULNERABLE_SHARE
    also: Sequence[str] = ()
    attack: str = "the strongest attack"


def conclude(found: Finding) -> str:
    """Return the conclusion on a defence."""
    first, bounds = [*_size(found), *_leakage(found)], [*_lower_bound(found), *_by_canaries(found)]
    clauses = [", ".join(first), *_guarantee(found), *bounds, *_exposed(found), *found.also]
    return f"{found.defence}: {'; '.join(filter(None, clauses))}"


def pair_auc(defence: str, leakage: Mapping[str, Leakage]) -> PairedAuc | Estimate:
    """Return the AUC under a defence beside that of no defence, of whose leakage there is one for each defence."""
    found = leakage[defence]
    if defence == REFERENCE:
        return found.auc
    return PairedAuc(found.auc, leakage[REFERENCE].auc, found.auc_difference, found.auc_difference.detectable)


def _size(found: Finding) -> list[str]:
    return [] if found.ratio is None else [size(found.ratio)]


def size(ratio: float) -> str:
    """Return how a size compares to the original, by its compression ratio."""
    if ratio >= SAME_SIZE:
        return f"{times(ratio)} smaller"
    return f"{times(1 / ratio)} larger" if ratio <= 1 / SAME_SIZE else "same size"


def _leakage(found: Finding) -> list[str]:
    if found.measured is None:
        return []
    if isinstance(found.measured, PairedAuc):
        return [leaks_beside(found.measured, found.attack)]
    return [leaks(found.measured, found.attack)]


def leaks(auc: Estimate, attack: str) -> str:
    """Return whether an attack names members better than guessing or worse: the interval says so, or leaves it open."""
    if auc.low > GUESSING:
        return f"leaks (AUC {interval(auc)}; guessing gives {GUESSING})"
    turned = ": turned round, these scores would leak" if auc.high < GUESSING else ""
    return f"the AUC of {attack} is {_unseen(auc)} ({interval(auc)}; guessing gives {GUESSING}){turned}"


def _unseen(auc: Estimate) -> str:
    """Return what is said of an AUC whose interval does not lie above guessing: one that lies below is told from it."""
    return "below guessing" if auc.high < GUESSING else "not told from guessing"


def judge(found: PairedAuc) -> Beside:
    """Return how the leakage under a defence compares to that of none: a change has to exclude 0, and to matter."""
    if max(found.auc.low, found.undefended.low) <= GUESSING:
        return Beside.UNSEEN
    matters = MATERIAL * (found.undefended.value - GUESSING)
    within = max(-found.change.low, found.change.high) < matters
    if found.change.low > 0 or found.change.high < 0:
        if within:
            return Beside.ABOUT_AS_MUCH
        return Beside.MORE if found.change.value > 0 else Beside.LESS
    return Beside.AS_MUCH if within and found.detectable <= matters else Beside.UNTOLD


def leaks_beside(found: PairedAuc, attack: str) -> str:
    """Return in words how the leakage under a defence compares to that of none."""
    judged, pair = judge(found), _pair(found)
    if judged is Beside.UNSEEN:
        alike = _unseen(found.auc) == _unseen(found.undefended)
        unseen = _unseen(found.auc) if alike else "not above guessing"
        return f"the AUC of {attack} is {unseen}, with it or without ({pair})"
    head = f"{judged.value} {found.beside} ({pair}"
    if judged is Beside.ABOUT_AS_MUCH:
        return f"{head}, {change_of(found.change, FINE)})"
    if judged in {Beside.MORE, Beside.LESS}:
        unseen = "" if found.auc.low > GUESSING else f"; it is {_unseen(found.auc)} now"
        return f"{head}, {change_of(found.change)}{unseen})"
    return f"{head}; {_sight(found)})"


def _pair(found: PairedAuc) -> str:
    auc, undefended = f"{found.auc.value:.3f}", f"{found.undefended.value:.3f}"
    return f"AUC {auc} both" if auc == undefended else f"AUC {auc} against {undefended}"


def _sight(found: PairedAuc) -> str:
    """Return which change the run was large enough for."""
    return f"the same in every {found.repeated}" if found.detectable == 0 else findable(found.detectable)


def findable(detectable: float) -> str:
    """Return in words what a minimum detectable difference is."""
    return f"a change of {significant(detectable, 2)} would be found with probability {POWER:g}"


def _guarantee(found: Finding) -> list[str]:
    return [guaranteed(found.guarantee)] if found.guarantee else []


def guaranteed(stated: Guarantee) -> str:
    """Return what is guaranteed, with delta and the unit of privacy; a claim is called one."""
    if isinf(stated.epsilon):
        return "no guarantee"
    head = "claimed and not checked: epsilon" if stated.claimed else "guaranteed: epsilon"
    return f"{head} {as_upper_bound(stated.epsilon)} at delta {write_shortest(stated.delta)} for {stated.unit}"


def _lower_bound(found: Finding) -> list[str]:
    if not found.epsilon_lower_bound or not found.epsilon_lower_bound.epsilon:
        return []
    return [f"attacks {_rule_out(found.epsilon_lower_bound)}"]


def _by_canaries(found: Finding) -> list[str]:
    """Return what the first canaries say, for each unit of any mechanism and of a family.

    The largest of several bounds would hold less surely.
    """
    firsts: dict[tuple[Unit, bool], CanaryBound] = {}
    for each in found.canaries:
        firsts.setdefault((each.unit, each.any_mechanism), each)
    return [_ruled_out(each) for each in firsts.values() if each.bound.epsilon]


def _ruled_out(found: CanaryBound) -> str:
    most = ", the most that so many coins can show" if found.bound.epsilon >= found.ceiling else ""
    return f"canaries ({found.canaries}) {_rule_out(found.bound)} for {found.unit}{most}, which rejects {found.rejects}"


def _rule_out(bound: EpsilonBound) -> str:
    level = f"{as_lower_bound(bound.epsilon)} at delta {write_shortest(bound.delta)}"
    return f"rule out, at {100 * bound.confidence:.4g}% confidence, an epsilon below {level}"


def _exposed(found: Finding) -> list[str]:
    if found.exposed is None:
        return []
    share = f"the most exposed {100 * found.exposed_share:.3g}% of the records"
    if found.exposed.low > GUESSING:
        return [f"{share} are named with AUC {interval(found.exposed)}"]
    return [f"the AUC of {share} is {_unseen(found.exposed)} ({interval(found.exposed)})"]
