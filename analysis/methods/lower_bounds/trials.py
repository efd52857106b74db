"""What the trials of an audit prove of epsilon.

Every trial trains on a draw of its own, so what trial t releases depends on the coins of trial t alone. If a trial is
(epsilon, delta)-differentially private for each record, then so are all trials together for each coin (parallel
composition), and they are one run on trials * candidates coins, to which `one_run_bound` applies.

Its guesses may use releases and public knowledge, and no audited coin. A calibration that takes every other trial as a
shadow would use them. So the trials are cut in two: the first half are shadows, whose members the adversary knows, as
if it had trained them itself, and only the second half is audited. The numbers of guesses are chosen on the shadows.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.lower_bounds.bounds import EpsilonBound
from analysis.methods.lower_bounds.one_run import one_run_bound
from analysis.methods.lower_bounds.plan import choose_plan, most_exposed
from attacks.signals.base import Looks, Scores, Signal
from fedsz_privacy.core.errors import InputError


def epsilon_bound(
    signal: Signal,
    observed: Looks,
    membership: NDArray[np.bool_],
    included: NDArray[np.bool_],
    delta: float,
    generator: Generator,
) -> EpsilonBound:
    """Return the 95% lower bound on epsilon that one signal proves of one defence, from half of the trials.

    Parameters
    ----------
    signal : Signal
        What read the trials.
    observed : float64 array, shape (trials, looks, candidates) or (..., parts)
        What it read off the releases of each trial, before calibration. A look is one release that the adversary saw;
        scores are summed over looks.
    membership : bool array, shape (trials, candidates)
        Who was in.
    included : bool array, shape (candidates,)
        Whose coins are audited.
    delta : float
        The delta that epsilon is for.
    generator : numpy Generator
        Orders equal scores.

    Raises
    ------
    InputError
        If there are fewer than four trials, no candidate is included, or shapes or delta do not fit.

    Guarantees
    ----------
    With probability 0.95 or more, a defence that is (epsilon, delta)-differentially private, for all looks at a trial
    together, has an epsilon of at least the bound; where it has none, no claim below the bound could be true.

    - Adversary: one that sees the looks and knows all that the signal uses, the shadows' members among it.
    - Adjacency: one record added to or removed from the target's data, which is what a coin decides.
    - Conditions: every included candidate was in with probability 1/2 by a coin of its own, independent of all other
      coins and of all randomness of the defence; trials were trained independently; ``included`` was chosen without a
      look at the audited half; and a coin moves one record and no group of them. Of a candidate that is in the data
      several times at once, the bound would be one on the epsilon of the group: leave it out.

    Scores may depend on one another in any way (Steinke, Nasr and Jagielski, NeurIPS 2023). The bound holds for one
    signal and one defence; of the largest of several bounds the confidence is lower.

    It is a measurement, and says nothing upward: 0 means that this attack proved nothing. It falls short of epsilon,
    most on Gaussian noise and in small audits: docs/auditing.md has how close it comes.

    Where candidates differ, the most exposed prove more alone; where they are alike the choice costs little:
    docs/method.md has both, of the default audit.
    """
    _check(observed, membership, included)
    half = len(membership) // 2
    shadows = signal.score(observed[:half], membership[:half])
    audited = scores_from_shadows(signal, observed[:half], membership[:half], observed[half:])
    known = shadows[:, included], membership[:half, included]
    plan, order = choose_plan(*known, delta, generator), most_exposed(*known, generator)
    guesses = plan.guess(order, audited[:, included], membership[half:, included], generator)
    return one_run_bound([guesses], delta, CONFIDENCE)


def scores_from_shadows(signal: Signal, shadows: Looks, membership: NDArray[np.bool_], audited: Looks) -> Scores:
    """Return the scores of each audited trial, calibrated by the shadows alone.

    Parameters
    ----------
    signal : Signal
        What read the trials.
    shadows, audited : float64 arrays, shape (trials, looks, candidates) or (..., parts)
        What it read off the shadows and off the audited trials.
    membership : bool array, shape (shadows, candidates)
        Who was in, in the shadows.

    Returns
    -------
    float64 array, shape (audited trials, candidates)
        The signal is told that the audited trial has no members. By its contract no answer changes the scores, and one
        that is the same for all trials can not enter them, not even by rounding.
    """
    told = np.concatenate([membership, np.zeros_like(membership[:1])])
    return np.stack([signal.score(np.concatenate([shadows, trial[None]]), told)[-1] for trial in audited])


def _check(observed: Looks, membership: NDArray[np.bool_], included: NDArray[np.bool_]) -> None:
    if len(membership) < 4:
        raise InputError(f"trials {len(membership)}: choose 4 or more, half to be shadows and half to be audited")
    if observed.ndim < 3 or (observed.shape[0], observed.shape[2]) != membership.shape or observed.shape[1] < 1:
        shapes = f"{observed.shape} and {membership.shape}"
        raise InputError(f"observed and membership have shapes {shapes}: give (trials, looks, candidates[, parts])")
    if included.shape != membership.shape[1:] or included.dtype != np.bool_:
        found = f"included is of type {included.dtype} and shape {included.shape}"
        raise InputError(f"{found}: give one bool for each of {membership.shape[1]} candidates")
    if not included.any():
        raise InputError("no candidate is included: audit at least one")
