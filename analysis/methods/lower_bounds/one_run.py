"""Auditing in one run: the bound on epsilon from correct guesses on many candidates at once."""

from collections.abc import Sequence

import numpy as np
import scipy

from analysis.methods.lower_bounds.bounds import EpsilonBound, check_delta
from analysis.methods.lower_bounds.guesses import Guesses
from analysis.methods.lower_bounds.rejection import largest_rejected
from fedsz_privacy.core.errors import InputError


def one_run_bound(guesses: Sequence[Guesses], delta: float, confidence: float) -> EpsilonBound:
    """Return the epsilon up to which `one_run_p_value` rejects, over one or a few numbers of guesses.

    (Steinke, Nasr and Jagielski, NeurIPS 2023, arXiv 2305.08846, Appendix D.) The allowed failure is shared evenly over
    the numbers of guesses (Bonferroni). The p-value need not rise with epsilon everywhere, so that it may cross the
    allowed failure several times; one crossing is taken. Any is valid: the p-value falls with the number of correct
    guesses, so the rejections of all larger epsilons are nested events, and the widest of them has the allowed
    probability.

    Parameters
    ----------
    guesses : sequence of Guesses
        One for each number of guesses, all on the same run.
    delta, confidence : float
        The delta that epsilon is for, and the least probability of a valid bound.

    Guarantees
    ----------
    Valid under addition and removal of one candidate, for one run with any adversary and any dependence between
    scores, if each candidate was in with probability 1/2 by a coin of its own, and the numbers of guesses were fixed
    beforehand or chosen on another run.

    It comes close to epsilon on Laplace noise and on randomised response. On Gaussian noise, where large losses are
    rare, it reaches about half at a small delta, with few guesses: docs/auditing.md has how close each bound comes.
    """
    check_delta(delta)

    def excess(epsilon: float, guesses: Guesses, level: float) -> float:
        return one_run_p_value(guesses, epsilon, delta) - level

    return EpsilonBound(largest_rejected(guesses, confidence, excess), delta, confidence)


def one_run_p_value(guesses: Guesses, epsilon: float, delta: float) -> float:
    r"""Return a bound on the probability of so many correct guesses under (epsilon, delta)-DP.

    .. math:: P(B \ge v) + 2 m \delta \max_{1 \le i \le v} \frac{P(v - i \le B < v)}{i}

    with :math:`v` correct of :math:`r` guesses on :math:`m` candidates and :math:`B` binomial of :math:`r` trials with
    probability :math:`e^\epsilon/(1+e^\epsilon)` (Steinke et al., NeurIPS 2023, as the code of Appendix D has it).
    """
    if not epsilon >= 0:
        raise InputError(f"epsilon {epsilon:g} is not an epsilon: give 0 or more, in nats")
    # scipy.stats.binom.sf, five times as fast; a pilot asks for it thousands of times.
    more_than, binomial = scipy.special.bdtrc, (guesses.guesses, scipy.special.expit(epsilon))
    tail = float(more_than(guesses.correct - 1, *binomial))
    if delta == 0:
        return tail
    steps = np.arange(1, guesses.correct + 1)
    slope = np.max((more_than(guesses.correct - steps - 1, *binomial) - tail) / steps, initial=0)
    return float(min(1, tail + 2 * guesses.candidates * delta * slope))
