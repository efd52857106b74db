"""The rules by which every sentence of a noise verdict follows from the figure that it quotes."""

import math

from analysis.methods.noise.dependence import MOST_SHORTFALL, NOT_RESOLVABLE, Dependence
from analysis.methods.noise.detectors import MIXTURE
from analysis.methods.noise.distances import band
from analysis.reporting.numbers import percent, significant

LOOKS_LIKE = 0.05
"""KS distance below which errors look like a family."""

DEPENDENT = 0.05
"""Least figure of dependence that is called one."""

DEVIATIONS = 4
"""Standard deviations of an independent error's figure, by which a figure must exceed 0 to be called dependence."""


def tells_apart(advantage: float) -> str:
    """Return what whoever had an advantage over some pairs of neighbours made of them: all, none, or how many."""
    if advantage in (0, 1):
        return "told the two apart" if advantage else "could not tell these two apart, which says nothing of others"
    return f"told the two apart in {percent(advantage)} of the pairs"


def explains(ks: float, elements: int) -> str:
    """Return whether a distribution at a KS distance from a sample explains it; the sample's band may leave it open."""
    if ks < MIXTURE:
        return "explains"
    return "may explain" if ks - band(elements) < MIXTURE else "does not explain"


def looks(errors: str, family: str, ks: float, elements: int) -> str:
    """Return whether errors look like their best family, by its KS distance."""
    if ks < LOOKS_LIKE:
        return f"{errors} look {family}"
    if ks - band(elements) < LOOKS_LIKE:
        return f"{errors} may look {family}"
    return f"{errors} look like no family, best {family}"


def no_guarantee(found: Dependence, decided: float, elements: int) -> str:
    """Return why as-if figures guarantee nothing, by the greatest resolvable figure of dependence.

    It says nothing of the release, of which there may be a proof.

    ``decided`` is R2(e|all values), which is resolvable whatever the codes are.

    Of an independent error the figures deviate from 0 by sqrt(2 / n) at most, the greatest of them being taken on every
    second element.
    """
    figures = {
        "R²(e|x)": (found.explained, found.explained_is_resolvable),
        "R² with neighbours": (found.explained_with_neighbours, found.explained_is_resolvable),
        "xi": (found.chatterjee, found.chatterjee_is_resolvable),
        "R²(e|all values)": (decided, True),
    }
    resolvable = {name: value for name, (value, is_resolvable) in figures.items() if is_resolvable}
    name = max(resolvable, key=lambda each: resolvable[each])
    quoted = f"{name} {resolvable[name]:.3f}"
    if resolvable[name] >= max(DEPENDENT, DEVIATIONS * math.sqrt(2 / elements)):
        return f"these figures guarantee nothing, as the error is not independent ({quoted})"
    return f"these figures guarantee nothing, although no dependence was found (greatest: {quoted})"


def decides(found: Dependence, decided: float) -> str:
    """Return how much of the error the value decides, where that is resolvable, and all values, and Chatterjee's xi."""
    xi = f"all values {max(decided, 0):.1%} (R²(e|all values)); Chatterjee's xi {found.chatterjee_as('.3f')}"
    if not found.explained_is_resolvable:
        return (
            f"how much of the error the value decides is {NOT_RESOLVABLE} (6 codes / elements "
            f"{significant(found.explained_shortfall, 2)}, above {MOST_SHORTFALL:g}); {xi}"
        )
    return (
        f"the value decides {max(found.explained, 0):.1%} of the error's variance (R²(e|x); 0 for noise), value and "
        f"neighbours, by what codecs predict from them, {max(found.explained_with_neighbours, 0):.1%} (R² with "
        f"neighbours); {xi}"
    )
