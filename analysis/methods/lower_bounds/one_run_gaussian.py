"""Auditing in one run against a Gaussian trade-off curve."""

from collections.abc import Sequence

import scipy

from analysis.methods.lower_bounds.bounds import MuBound, check_gaussian_delta, mu_bound
from analysis.methods.lower_bounds.guesses import Guesses
from analysis.methods.lower_bounds.rejection import largest_rejected


def one_run_gaussian_bound(guesses: Sequence[Guesses], delta: float, confidence: float) -> MuBound:
    r"""Return the mu up to which so many correct guesses reject mu-GDP, over one or a few numbers of guesses.

    (Mahloujifar, Melis and Chaudhuri, ICML 2025, arXiv 2410.22235, with the Gaussian curve.) Let
    :math:`p_i` be the probability of :math:`i` correct of :math:`c` guesses on :math:`m` candidates,
    :math:`r_i = \sum_{j \ge i} p_j j / m` and :math:`h_i = \sum_{j \ge i} p_j (c-j) / m`. Then

    .. math:: r_{i+1} \le \Phi(\Phi^{-1}(h_i) + \mu), \qquad r_0 + h_0 = c / m.

    If more than the allowed failure lies at or above the number of correct guesses seen, these recursions give the
    least :math:`r_0 + h_0`; where that is above :math:`c/m`, mu-GDP is rejected. The allowed failure is shared evenly
    over the numbers of guesses (Bonferroni).

    Parameters
    ----------
    guesses : sequence of Guesses
        One for each number of guesses, all on the same run.
    delta, confidence : float
        The delta at which mu is turned into epsilon, and the least probability of a valid bound.

    Guarantees
    ----------
    The bound on mu holds as `one_run_bound` does, for the adjacency of one coin: no smaller mu makes the mechanism
    mu-GDP. Its epsilon holds only for mechanisms whose trade-off curve is Gaussian; for others it overstates, as in
    `gaussian_bound`. In the paper each coin chooses between two records, here between a record and none; the
    argument is the same.

    On Gaussian noise it comes closer than `one_run_bound`. Many guesses weaken it: docs/auditing.md has how close each
    bound comes.
    """
    check_gaussian_delta(delta)
    mu = largest_rejected(guesses, confidence, _excess)
    return mu_bound(mu, delta, confidence)


def _excess(mu: float, guesses: Guesses, level: float) -> float:
    """Return c/m less the least r_0 + h_0, or less the first of the sums that is above it."""
    share = guesses.guesses / guesses.candidates
    right = level * guesses.correct / guesses.candidates
    wrong = level * share - right
    for i in range(guesses.correct - 1, -1, -1):
        wrong, before = max(wrong, float(scipy.special.ndtr(scipy.special.ndtri(right) - mu))), wrong
        right += (wrong - before) * i / (guesses.guesses - i)
        if wrong == before or right + wrong > share:
            break
    return share - right - wrong
