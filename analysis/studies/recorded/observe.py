"""What signals read off every recorded update, passed through every release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Estimate
from analysis.reporting.progress import Progress, Say
from analysis.studies.duration import describe
from analysis.studies.recorded.material import Material
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.observe_round import RoundObservation, observe_round
from analysis.studies.recorded.sending import Residuals
from attacks import Signal
from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.defences.release import Release

SMALLER = "choose fewer --candidates, --signal or --release, or one --client; a GPU is used where there is one"


@dataclass(frozen=True)
class Observations:
    """What was read off the rounds.

    Attributes
    ----------
    took_part : bool array, shape (rounds, clients)
        Whose update there was to attack.
    scores : mapping of str to mapping of str to float64 array, shape (rounds, records, clients)
        Scores as ``scores[release][signal]``; 0 where a client did not take part.
    sizes : mapping of str to float
        Mean size of an update on the wire, in bytes, by release.
    performance : mapping of str to Estimate
        How good the average of the last round's updates makes the global model, on test records, by release; intervals
        are over records. A release that makes it infinite has none.
    notices : tuple of str
        What was left out, one line each.
    """

    took_part: NDArray[np.bool_]
    scores: Mapping[str, Mapping[str, NDArray[np.float64]]]
    sizes: Mapping[str, float]
    performance: Mapping[str, Estimate]
    notices: tuple[str, ...]

    def mean(self, release: str, signal: str) -> Scores:
        """Return each client's mean score over the rounds that it took part in, shape (records, clients).

        A mean, so that scores of clients compare that took part in more rounds or fewer; the order of one client's
        records is that of the sum.
        """
        total: Scores = self.scores[release][signal].sum(axis=0) / self.took_part.sum(axis=0)
        return total


def observe_rounds(
    material: Material,
    candidates: Candidates,
    releases: Sequence[Release],
    signals: Sequence[Signal],
    seed: int,
    progress: Progress,
    say: Say,
) -> Observations:
    """Pass every update of every round through every release, and read every signal off those that are attacked.

    Raises
    ------
    InputError
        If a state cannot be read, a release or a signal returns what it may not, or no update of a client is finite.
    """
    pool = material.split.train.select(candidates.records)
    residuals = {release.name: Residuals() for release in releases}
    count, start = len(material.rounds), perf_counter()
    observed: list[RoundObservation] = []
    for row in progress(range(count), description="rounds", total=count):
        observed.append(observe_round(material, candidates, pool, releases, signals, seed, row, residuals))
        if row == 0 and count > 1:
            say(describe("the rounds of this recording take", count * (perf_counter() - start), SMALLER))
    return stack_rounds(observed, candidates.clients)


def stack_rounds(observed: Sequence[RoundObservation], clients: Sequence[str]) -> Observations:
    """Return what was read off several rounds, in their order, as one.

    Raises
    ------
    InputError
        If one of the clients took part in none.
    """
    took_part = np.stack([each.took_part for each in observed])
    for client, rounds in zip(clients, took_part.sum(axis=0), strict=True):
        if not rounds:
            raise InputError(f"no update of client {client} is finite: choose others by --client")
    return Observations(
        took_part=took_part,
        scores={
            release: {signal: np.stack([each.scores[release][signal] for each in observed]) for signal in by_signal}
            for release, by_signal in observed[0].scores.items()
        },
        sizes={
            release: float(np.mean([size for each in observed for size in each.sizes[release]]))
            for release in observed[0].sizes
        },
        performance=observed[-1].performance,
        notices=tuple(notice for each in observed for notice in each.notices),
    )
