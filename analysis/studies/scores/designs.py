"""What each design allows to be said of epsilon, and why; a file that contradicts its design is refused."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.stats import binom

from analysis.methods.lower_bounds import EpsilonBound, MuBound
from analysis.methods.lower_bounds.accuracy import UNFAIR, are_unfair
from analysis.studies.scores import guessing, thresholds
from analysis.studies.scores.spec import DESIGNS
from analysis.studies.scores.table import ScoreTable
from attacks import Scores
from fedsz_privacy.core.errors import InputError

ANY, GAUSSIAN = "any mechanism", "only a mechanism whose trade-off curve is Gaussian"

DOUBTFUL = 0.1
"""Chance of what coins did below which the report says so."""

COINS, FIXED_SPLIT, ONE_RUN = DESIGNS

DECLARE = (
    f"declare how members were drawn, {FIXED_SPLIT} if somebody chose them, or leave --design out, as for coins that "
    "are not fair"
)
"""What to do where a file contradicts what was declared of it."""

MEANINGS = {
    COINS: "each record of each run was in by a fair coin of its own, independent of all else; runs were trained "
    "independently; no score used the coins of any run in the file",
    ONE_RUN: "one training; each record was in by a fair coin of its own, independent of all else; no score used the "
    "coins",
    FIXED_SPLIT: "somebody chose who was a member; runs, if several, were trained independently",
    "": "not declared",
}
"""What is declared by each design, in the words of the report."""

Bound = Callable[[Scores, ScoreTable, float, float, Generator], EpsilonBound | MuBound]


@dataclass(frozen=True)
class Method:
    """A bound whose conditions hold.

    Attributes
    ----------
    name : str
        Its name.
    about : str
        Which mechanisms its epsilon is a bound for.
    why : str
        Why its conditions hold.
    bound : callable
        From scores, table, delta, confidence and a generator.
    """

    name: str
    about: str
    why: str
    bound: Bound


@dataclass(frozen=True)
class Withheld:
    """A bound that is not printed.

    Attributes
    ----------
    name : str
        Its name.
    why : str
        Which of its conditions does not hold.
    """

    name: str
    why: str


ONE_RUN_NAME, RATES_NAME = "correct guesses (one-run theorem)", "error rates (Clopper-Pearson)"


def methods_for(design: str, table: ScoreTable, delta: float) -> list[Method | Withheld]:
    """Return every bound, with why it holds for a design or why it does not.

    Parameters
    ----------
    design : str
        One of `DESIGNS`, or empty if none was declared.
    table : ScoreTable
        The scores.
    delta : float
        The delta that epsilon is for; a Gaussian curve has no finite epsilon at 0.

    Raises
    ------
    InputError
        If the file contradicts the design.
    """
    if not design:
        why = "no design was declared, and no file says how it was decided who was a member: declare it by --design"
        return [Withheld(ONE_RUN_NAME, why), Withheld(RATES_NAME, why)]
    if design in (COINS, ONE_RUN):
        _require_coins(design, table)
    return [*_of_guesses(design, table, delta), *_of_rates(table, delta)]


def _of_guesses(design: str, table: ScoreTable, delta: float) -> Sequence[Method | Withheld]:
    if design == FIXED_SPLIT:
        why = (
            "somebody chose the members: the theorem needs a fair coin of its own for every record, for a choice that "
            "goes with the records lets an attack name members without looking at the model"
        )
        return [Withheld(ONE_RUN_NAME, why)]
    training = "one training" if table.runs == 1 else f"{table.runs:,} independent trainings are one"
    why = (
        "every record was in by a fair coin of its own, and scores may depend on one another; "
        f"{training} on {len(table.member):,} coins; numbers of guesses were fixed before any file was seen"
    )
    return _both(ONE_RUN_NAME, why, guessing.any_mechanism, guessing.gaussian_curve, delta)


def _of_rates(table: ScoreTable, delta: float) -> Sequence[Method | Withheld]:
    if not table.one_a_run:
        why = "scores of one training depend on one another: it needs one record a run"
        return [Withheld(RATES_NAME, why)]
    if table.records > 1:
        return [Withheld(RATES_NAME, "runs have different records, so scores are not all of one distribution")]
    fewest = min(table.member.sum(), (~table.member).sum())
    if fewest < thresholds.FEWEST:
        why = f"{fewest} members or non-members: it needs {thresholds.FEWEST}, to choose a threshold and to audit it"
        return [Withheld(RATES_NAME, why)]
    why = (
        "one record, the same in all runs, so scores are independent given membership and of two distributions; the "
        "threshold was chosen on one half of the runs, and the other is audited"
    )
    return _both(RATES_NAME, why, thresholds.any_mechanism, thresholds.gaussian_curve, delta)


def _both(name: str, why: str, any_mechanism: Bound, gaussian: Bound, delta: float) -> Sequence[Method | Withheld]:
    exact = Method(name, ANY, why, any_mechanism)
    if delta == 0:
        return [exact, Withheld(f"{name}, {GAUSSIAN}", "a Gaussian curve has no finite epsilon at delta 0")]
    return [exact, Method(name, GAUSSIAN, why, gaussian)]


def _require_coins(design: str, table: ScoreTable) -> None:
    if design == ONE_RUN and table.runs > 1:
        raise InputError(
            f"design {ONE_RUN}: the file has {table.runs} runs, choose {COINS} if coins decided each of them"
        )
    members, coins = int(table.member.sum()), len(table.member)
    _require_fair(members, coins, f"{members:,} of {coins:,} were members", design)
    if _chance_of_halves(table) < UNFAIR:
        raise InputError(
            f"design {design}: exactly half of the records were members in each of {table.runs} runs, and a random "
            f"half is no set of fair coins: {DECLARE}"
        )
    same, pairs = _repeated(table)
    if pairs:
        told = f"membership is that of the record's run before in {same:,} of {pairs:,} cases"
        _require_fair(same, pairs, told, design)


def doubt(design: str, table: ScoreTable) -> str:
    """Return why somebody may have declared coins in error; empty if nothing speaks for it."""
    chance = _chance_of_halves(table)
    if design not in (COINS, ONE_RUN) or chance > DOUBTFUL:
        return ""
    return (
        f"exactly half of the records were members, which fair coins do with probability {chance:.2g}: if a random "
        f"half was drawn, the design is {FIXED_SPLIT} and no bound by correct guesses holds"
    )


def _chance_of_halves(table: ScoreTable) -> float:
    """Return the chance that coins put in exactly half of every run's records; 1 if they did not."""
    records = np.bincount(table.run)
    inside = np.bincount(table.run, table.member)
    return float(np.prod(binom.pmf(inside, records, 0.5))) if (2 * inside == records).all() else 1.0


def _require_fair(heads: int, coins: int, told: str, design: str) -> None:
    if are_unfair(heads, coins):
        raise InputError(f"design {design}: {told}, which fair coins do less than once in a million times: {DECLARE}")


def _repeated(table: ScoreTable) -> tuple[int, int]:
    """Return how often a record's membership is that of its run before, and how often it has one before."""
    order = np.lexsort((table.run, table.record))
    again = np.diff(table.record[order]) == 0
    same = np.diff(table.member[order].astype(np.int8)) == 0
    return int((same & again).sum()), int(again.sum())
