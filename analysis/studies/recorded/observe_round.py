"""What signals read off the recorded updates of one round, passed through every release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.leakage.detectable import Estimate
from analysis.methods.over_records import mean_over_records
from analysis.studies.recorded.material import Material
from analysis.studies.recorded.members import Candidates
from analysis.studies.recorded.reading import placed, read_scores
from analysis.studies.recorded.sending import ReleasedByClient, Residuals, finite_updates, last_rounds, send
from attacks import Signal
from attacks.signals import Scores
from fedsz_privacy.core.errors import InputError
from fedsz_privacy.core.state import StateDict, add, average
from fedsz_privacy.data.records import Records
from fedsz_privacy.defences.release import Release
from fedsz_privacy.training.evaluation import measure_each


@dataclass(frozen=True)
class RoundObservation:
    """What was read off one round.

    Attributes
    ----------
    took_part : bool array, shape (clients,)
        Whose update there was to attack.
    scores : mapping of str to mapping of str to float64 array, shape (records, clients)
        Scores as ``scores[release][signal]``; 0 where a client did not take part.
    sizes : mapping of str to tuple of int
        Size of each update on the wire, in bytes, by release.
    performance : mapping of str to Estimate
        As `Observations.performance`; of the last round alone, and empty of the others.
    notices : tuple of str
        What was left out, one line each.
    """

    took_part: NDArray[np.bool_]
    scores: Mapping[str, Mapping[str, Scores]]
    sizes: Mapping[str, tuple[int, ...]]
    performance: Mapping[str, Estimate]
    notices: tuple[str, ...]


def observe_round(
    material: Material,
    candidates: Candidates,
    pool: Records,
    releases: Sequence[Release],
    signals: Sequence[Signal],
    seed: int,
    row: int,
    residuals: Mapping[str, Residuals],
) -> RoundObservation:
    """Pass every update of one round through every release, and read every signal off those that are attacked.

    Parameters
    ----------
    material : Material
        What is audited.
    candidates : Candidates
        Whose membership is judged.
    pool : Records
        Their records, the same in every round.
    releases : sequence of Release
        What the updates pass through.
    signals : sequence of Signal
        What is read off them.
    seed : int
        The run's.
    row : int
        Which of the material's rounds.
    residuals : mapping of str to Residuals
        What each client remembers of the rounds before, by release; under error feedback they take in this one.

    Raises
    ------
    InputError
        If a state cannot be read, or a release or a signal returns what it may not.
    """
    each, is_last = material.rounds[row], row == len(material.rounds) - 1
    before = each.before()
    lasts = last_rounds(material.rounds[row - 1] if row else None, each, before)
    updates, told = finite_updates(each)
    _require_others(updates, each.number, signals)
    sent = {
        release.name: send(release, updates, each.number, material.everybody, seed, residuals[release.name], lasts)
        for release in releases
    }
    scores = read_scores(material.model, pool, candidates, signals, before, sent, f" of round {each.number}")
    performance, unsound = _measure_all(material, before, sent) if is_last and updates else ({}, [])
    return RoundObservation(
        took_part=np.array([client in updates for client in candidates.clients]),
        scores=scores,
        sizes={release: tuple(one.nbytes for one in by_client.values()) for release, by_client in sent.items()},
        performance=performance,
        notices=(*told, *unsound),
    )


def _measure_all(
    material: Material, before: StateDict, sent: Mapping[str, ReleasedByClient]
) -> tuple[dict[str, Estimate], list[str]]:
    """Return how good each release leaves the global model, and of which releases that is not finite."""
    measured = {release: _performance(material, before, by_client) for release, by_client in sent.items()}
    finite = {release: bool(np.isfinite(each).all()) for release, each in measured.items()}
    metric = material.split.test.task.metric
    return (
        {release: mean_over_records(each) for release, each in measured.items() if finite[release]},
        [
            f"{metric} under {name} is not finite of every test record, and left out"
            for name in sent
            if not finite[name]
        ],
    )


def _require_others(updates: Mapping[str, StateDict], number: int, signals: Sequence[Signal]) -> None:
    reading = [signal.name for signal in signals if signal.reads_others]
    if len(updates) == 1 and reading:
        raise InputError(
            f"one update alone is finite in round {number}, and {reading[0]} reads those of others: choose --signal "
            "without it"
        )


def _performance(material: Material, before: StateDict, sent: ReleasedByClient) -> NDArray[np.float64]:
    """Return how good a model is after a round, its updates averaged by how many records who sent them holds.

    Shape (test records,).
    """
    held = [len(material.manifest.members.get(client, ())) for client in sent]
    shares = [each / sum(held) for each in held] if all(held) else [1 / len(sent)] * len(sent)
    after = add(before, average((each.update for each in sent.values()), shares))
    test = material.split.test
    (found,) = measure_each(material.model, placed([after], test), test)
    return np.asarray(found.cpu().numpy(), np.float64)
