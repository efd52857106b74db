"""What the scores of recorded updates say: leakage over all clients, of each of them and by round, and lower bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from analysis.methods.confidence import CONFIDENCE
from analysis.methods.leakage.groups import FixedGroup
from analysis.methods.leakage.membership import Leakage
from analysis.methods.lower_bounds import EpsilonBound, Guesses, one_run_bound
from analysis.methods.lower_bounds.guesses import guess_shares
from analysis.studies.audit.measure import measure_group
from analysis.studies.audit.strongest import Strongest
from analysis.studies.recorded.members import Candidates
from attacks.signals import Scores
from fedsz_privacy.core.randomness import Purpose, generator

FEWEST = 2
"""Fewest members, and fewest non-members, of a client that is measured by itself."""

GUESSED = (0.1, 0.1)
"""Shares of the coins that are named members and non-members; fixed before anything is seen."""

ByDefence = Mapping[str, Mapping[str, Scores]]
"""Scores as ``scores[release][signal]``, each of shape (records, clients)."""


@dataclass(frozen=True)
class CoinBound:
    """What the coins of one client prove of its epsilon, over all its rounds together.

    Attributes
    ----------
    guesses : Guesses
        What was guessed.
    bound : EpsilonBound
        The lower bound that follows.
    """

    guesses: Guesses
    bound: EpsilonBound


def choose_strongest(undefended: Mapping[str, Scores], candidates: Candidates) -> Strongest:
    """Choose the signal of each half of the records by the other half, without a release."""
    even, odd = (
        max(undefended, key=lambda name: _auc(undefended[name], candidates, slice(1 - half, None, 2)))
        for half in (0, 1)
    )
    return Strongest(even, odd)


def measure(
    scores: ByDefence, candidates: Candidates, mask: NDArray[np.bool_], weights: NDArray[np.uint16]
) -> dict[str, dict[str, Leakage]]:
    """Return the leakage by each release and signal over some of the scores.

    Parameters
    ----------
    scores : mapping of str to mapping of str to float64 array, shape (records, clients)
        The scores.
    candidates : Candidates
        Whose they are.
    mask : bool array, shape (records, clients)
        Which of them.
    weights : uint16 array, shape (resamples, records, clients)
        What `resample_weights` returns, of records in the place of trials and clients in that of candidates.
    """
    return measure_group(FixedGroup(mask, candidates.membership[mask], weights[:, mask]), scores)


def can_be_measured(candidates: Candidates, mask: NDArray[np.bool_]) -> bool:
    """Return whether some of the scores are of enough members and non-members."""
    members = int(candidates.membership[mask].sum())
    return FEWEST <= members <= int(mask.sum()) - FEWEST


def bound_by_coins(
    scores: ByDefence, signal: str, candidates: Candidates, coins: Mapping[str, object], delta: float, seed: int
) -> dict[str, dict[str, CoinBound]]:
    """Return a lower bound on epsilon, by client and release, for the clients whose members coins decided.

    Guarantees
    ----------
    As `one_run_bound`, at 95% each, for one client, one release and all recorded rounds together: valid if what the
    recording says of coins is true, for an adversary who sees what the signal reads and knows all else. The signal and
    the numbers of guesses are fixed before anything is seen. Of the largest of several bounds the confidence is lower.
    """
    bounds: dict[str, dict[str, CoinBound]] = {}
    for place, client in enumerate(candidates.clients):
        tossed = candidates.judged[:, place]
        if client not in coins or not tossed.any():
            continue
        members = candidates.membership[tossed, place]
        bounds[client] = {}
        for release, by_signal in scores.items():
            order = generator(seed, Purpose.BOUND, place)
            guesses = guess_shares(by_signal[signal][tossed, place], members, [GUESSED], order)
            bounds[client][release] = CoinBound(guesses[0], one_run_bound(guesses, delta, CONFIDENCE))
    return bounds


def _auc(scores: Scores, candidates: Candidates, rows: slice) -> float:
    judged = candidates.judged[rows]
    members = candidates.membership[rows][judged]
    return float(roc_auc_score(members, scores[rows][judged])) if 0 < members.sum() < members.size else 0.5
