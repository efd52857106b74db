"""What an audit guesses on, chosen on a pilot whose coins it does not audit."""

from dataclasses import dataclass
from itertools import product
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.leakage.vulnerable import auc_by_candidate
from analysis.methods.lower_bounds.guesses import Guesses, Shares, guess_shares
from analysis.methods.lower_bounds.one_run import one_run_bound, one_run_p_value
from attacks.signals.base import Scores

EXPOSED_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05)
"""Shares of the candidates that may be audited: those that the pilot finds most easily."""

GUESS_SHARES = (0.3, 0.1, 0.03, 0.01, 0.0)
"""Shares of the audited coins that may be named members, and non-members."""

PLAN_FAILURE = 0.01
"""Allowed failure of the bounds by which plans are compared.

Of many plans on few coins the luckiest seems best. At the level of the bound itself, audits of 400 coins proved .36 of
epsilon 1 on randomised response, at this one .61; at 1e-3 audits of Gaussian noise lost a fifth.
"""


@dataclass(frozen=True)
class Plan:
    """How many candidates are audited, and how many of their coins are guessed.

    Attributes
    ----------
    exposed : float
        Share of the candidates.
    shares : (float, float)
        Shares of their coins that are named members and non-members.
    """

    exposed: float
    shares: Shares

    def guess(
        self, order: NDArray[np.intp], scores: Scores, membership: NDArray[np.bool_], generator: Generator
    ) -> Guesses:
        """Guess on the first candidates of an order; equal scores are ordered at random.

        Parameters
        ----------
        order : int array, shape (candidates,)
            Candidates, the most exposed first.
        scores, membership : arrays, shape (trials, candidates)
            What is guessed by, and what is counted.
        generator : numpy Generator
            Orders equal scores.
        """
        chosen = order[: ceil(self.exposed * len(order))]
        (guesses,) = guess_shares(scores[:, chosen], membership[:, chosen], [self.shares], generator)
        return guesses


PLANS = tuple(
    Plan(exposed, shares)
    for exposed, shares in product(EXPOSED_SHARES, product(GUESS_SHARES, GUESS_SHARES))
    if any(shares)
)
"""What may be planned; the first of equally good plans is taken."""


def most_exposed(scores: Scores, membership: NDArray[np.bool_], generator: Generator) -> NDArray[np.intp]:
    """Return the candidates by their own AUC over the trials, the largest first, equal ones at random."""
    (auc,) = auc_by_candidate(scores, membership, np.ones((1, *scores.shape), np.uint16))
    shuffled = generator.permutation(len(auc))
    return shuffled[np.argsort(-auc[shuffled], kind="stable")]


def choose_plan(scores: Scores, membership: NDArray[np.bool_], delta: float, generator: Generator) -> Plan:
    """Return which of `PLANS` proves the most on pilot data, which the audit must not use again.

    Candidates that were ordered and guessed on the same trials would seem exposed by luck, and a plan for few of them
    too good. So each half of the trials is guessed on in the other half's order, and both are counted together.

    Parameters
    ----------
    scores, membership : arrays, shape (trials, candidates)
        The pilot data.
    delta : float
        The delta of the bound.
    generator : numpy Generator
        Orders equals.
    """
    halves = [
        (most_exposed(scores[other], membership[other], generator), scores[own], membership[own])
        for own, other in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2)))
    ]
    best, proved = PLANS[0], 0.0
    for plan in PLANS:
        first, second = (plan.guess(*half, generator) for half in halves)
        guesses = first + second
        if one_run_p_value(guesses, proved, delta) < PLAN_FAILURE:
            best, proved = plan, one_run_bound([guesses], delta, 1 - PLAN_FAILURE).epsilon
    return best
