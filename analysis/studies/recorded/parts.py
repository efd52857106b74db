"""Leakage by the strongest signal of each client over all rounds, and of all clients in each round."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.membership import Leakage
from analysis.studies.audit.strongest import Strongest
from analysis.studies.recorded.measure import ByDefence, can_be_measured, measure
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.observe import Observations


def measure_clients(
    scores: ByDefence, strongest: Strongest, candidates: Candidates, weights: NDArray[np.uint16]
) -> dict[str, dict[str, Leakage]]:
    """Return the leakage of each client that can be measured by itself, by client and release.

    Parameters
    ----------
    scores : mapping of str to mapping of str to float64 array, shape (records, clients)
        Scores over all rounds, the strongest signal's among them.
    strongest : Strongest
        The signal that measures.
    candidates : Candidates
        Whose scores they are.
    weights : uint16 array, shape (resamples, records, clients)
        As `measure` takes them.
    """
    places = np.arange(len(candidates.clients))
    masks = {client: candidates.judged & (places == place) for place, client in enumerate(candidates.clients)}
    return {
        client: _by_strongest(scores, strongest, candidates, mask, weights)
        for client, mask in masks.items()
        if can_be_measured(candidates, mask)
    }


def measure_rounds(
    observations: Observations,
    numbers: Sequence[int],
    strongest: Strongest,
    candidates: Candidates,
    weights: NDArray[np.uint16],
) -> dict[int, dict[str, Leakage]]:
    """Return the leakage in each round that can be measured by itself, by number of the round and release.

    Parameters
    ----------
    observations : Observations
        What was read off the rounds.
    numbers : sequence of int
        The rounds' numbers, in their order.
    strongest, candidates, weights
        As `measure_clients` takes them.
    """
    masks = [candidates.judged & took_part for took_part in observations.took_part]
    return {
        number: _by_strongest(_in_round(observations, strongest, row), strongest, candidates, mask, weights)
        for row, (number, mask) in enumerate(zip(numbers, masks, strict=True))
        if can_be_measured(candidates, mask)
    }


def _by_strongest(
    scores: ByDefence,
    strongest: Strongest,
    candidates: Candidates,
    mask: NDArray[np.bool_],
    weights: NDArray[np.uint16],
) -> dict[str, Leakage]:
    """Return the leakage of some of the scores by the strongest signal, by release."""
    name = strongest.name
    chosen = {release: {name: by_signal[name]} for release, by_signal in scores.items()}
    return {release: found[name] for release, found in measure(chosen, candidates, mask, weights).items()}


def _in_round(observations: Observations, strongest: Strongest, row: int) -> Mapping[str, Mapping[str, np.ndarray]]:
    return {
        release: strongest.beside({signal: scores[row] for signal, scores in by_signal.items()})
        for release, by_signal in observations.scores.items()
    }
